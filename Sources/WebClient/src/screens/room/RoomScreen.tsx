import { useEffect, useState } from "react";
import { Loading } from "../../components/States";
import { play } from "../../net/roomSession";
import { session } from "../../net/session";
import { app } from "../../state/app";
import { useStore } from "../../state/useStore";
import { Arena } from "./Arena";
import { Farewell } from "./Farewell";
import { Gate } from "./Gate";

/** `/r/CODE`: whoever has a name goes straight in; everybody else is asked for one. */
export function RoomScreen({ code }: { code: string }) {
  const membership = useStore(app, (state) => state.membership);
  const inRoom = useStore(app, (state) => state.room?.code === code);
  const fault = useStore(app, (state) => state.fault);
  const [named, setNamed] = useState(session.get() !== undefined);

  useEffect(() => {
    if (named) play.join({ code });
  }, [code, named]);

  const enter = (password?: string, url?: string): void => {
    if (named) {
      play.close();
      play.join({ code, password, url });
      return;
    }
    play.join({ code, password, url });
    setNamed(true);
  };

  if (!named) return <Gate code={code} enter={enter} />;
  if (membership === "kicked" || membership === "closed") {
    return <Farewell code={code} kicked={membership === "kicked"} />;
  }
  if (membership === "failed") return <Gate code={code} enter={enter} fault={fault} />;
  // A room that is being joined again after a drop stays on screen.
  return inRoom ? <Arena /> : <Loading />;
}
