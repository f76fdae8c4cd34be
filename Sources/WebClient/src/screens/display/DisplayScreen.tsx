import { type ComponentType, type FormEvent, useEffect, useMemo, useState } from "react";
import { Field } from "../../components/Field";
import { Failed, Loading } from "../../components/States";
import { useText } from "../../i18n";
import { displayIdentity, ownIdentity } from "../../net/identity";
import { play } from "../../net/roomSession";
import type { RoomPhase } from "../../protocol.generated";
import { app } from "../../state/app";
import { isHost } from "../../state/selectors";
import { useStore } from "../../state/useStore";
import { Countdown } from "../room/Countdown";
import { Farewell } from "../room/Farewell";
import { HostBar } from "../room/HostBar";
import { LeaderboardStage } from "../room/LeaderboardStage";
import { Podium } from "../room/Podium";
import { QuestionStage } from "../room/QuestionStage";
import { DisplayLobby } from "./DisplayLobby";
import { isPresenter } from "./presenter";

const stages: Record<RoomPhase, ComponentType> = {
  lobby: DisplayLobby,
  countdown: Countdown,
  question: QuestionStage,
  locked: QuestionStage,
  reveal: QuestionStage,
  leaderboard: LeaderboardStage,
  podium: Podium,
  closed: DisplayLobby,
};

/** `/r/CODE/display`: the game for a projector. Large type, nothing to answer. */
export function DisplayScreen({ code }: { code: string }) {
  const t = useText();
  const membership = useStore(app, (state) => state.membership);
  const fault = useStore(app, (state) => state.fault);
  const phase = useStore(app, (state) => (state.room?.code === code ? state.room.phase : undefined));
  const host = useStore(app, isHost);
  const name = t("display.name");
  const identity = useMemo(() => (isPresenter(code) ? ownIdentity : displayIdentity(name)), [code, name]);
  const [password, setPassword] = useState("");

  useEffect(() => {
    play.join({ code, role: "display" }, identity);
  }, [code, identity]);
  useEffect(() => {
    document.documentElement.dataset["screen"] = "display";
    return () => {
      delete document.documentElement.dataset["screen"];
    };
  }, []);

  const again = (event?: FormEvent): void => {
    event?.preventDefault();
    play.close();
    play.join({ code, role: "display", password: password === "" ? undefined : password }, identity);
  };

  if (membership === "kicked" || membership === "closed") {
    return <Farewell code={code} kicked={membership === "kicked"} />;
  }
  if (membership === "failed" && fault) {
    const asksPassword = fault.code === "wrong_password" || fault.code === "room_not_found";
    return (
      <div className="gate panel">
        <h1>{code}</h1>
        <Failed fault={fault} retry={asksPassword ? undefined : again} />
        {asksPassword && (
          <form onSubmit={again}>
            <Field
              label={t("gate.password")}
              value={password}
              change={setPassword}
              type="password"
              testid="password-input"
            />
            <button type="submit" className="btn primary">{t("action.retry")}</button>
          </form>
        )}
      </div>
    );
  }
  if (phase === undefined) return <Loading />;
  const Stage = stages[phase];
  return (
    <div className="arena alone" data-phase={phase} data-testid="display">
      <div className="stage-column">
        <Stage />
        {host && phase !== "lobby" && phase !== "podium" && <HostBar />}
      </div>
    </div>
  );
}
