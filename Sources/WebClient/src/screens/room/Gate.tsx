import { type FormEvent, useState } from "react";
import { Field } from "../../components/Field";
import { Icon } from "../../components/Icon";
import { Loading } from "../../components/States";
import { useLoad } from "../../components/useLoad";
import { useText } from "../../i18n";
import { lookUpRoom } from "../../net/api";
import { play } from "../../net/roomSession";
import type { Fault } from "../../net/result";
import { session, signIn } from "../../net/session";
import { nicknameRule } from "../../state/rules";

interface GateProps {
  code: string;
  /** - url: where the room's own node is. */
  enter: (password?: string, url?: string) => void;
  fault?: Fault;
}

/** The door of a room: a name, and a password where one is asked for. */
export function Gate({ code, enter, fault }: GateProps) {
  const t = useText();
  const room = useLoad(`room ${code}`, () => lookUpRoom(code));
  const [nickname, setNickname] = useState(session.get()?.nickname ?? "");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<Fault>();
  const [busy, setBusy] = useState(false);
  // A private room and an absent one answer alike, so a password may help in both cases.
  const hidden = room.status === "failed" && room.fault.code === "room_not_found";
  const asksPassword = hidden || (room.status === "ready" && room.value.password) || fault?.code === "wrong_password";
  const shown = problem ?? fault;

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const answer = await signIn(nickname.trim());
    setBusy(false);
    if (!answer.ok) return setProblem(answer.fault);
    setProblem(undefined);
    enter(password === "" ? undefined : password, room.status === "ready" ? room.value.url : undefined);
  };

  // What is asked for depends on the room: the form waits for it, so that nothing moves under a finger.
  if (room.status === "loading") return <Loading />;
  return (
    <div className="gate panel">
      <p className="gate-code" aria-hidden="true">{code}</p>
      <h1>{room.status === "ready" ? room.value.title : t("gate.title")}</h1>
      {room.status === "ready" && (
        <p className="dim">{t("home.playersOf", { n: room.value.players, max: room.value.playersMax })}</p>
      )}
      {hidden && !shown && <p className="hint">{t("gate.hidden")}</p>}
      <form onSubmit={(event) => void submit(event)}>
        <Field
          label={t("home.nickname")}
          value={nickname}
          change={setNickname}
          rule={nicknameRule}
          testid="nickname-input"
          required
        />
        {asksPassword && (
          <Field
            label={t("gate.password")}
            value={password}
            change={setPassword}
            type="password"
            testid="password-input"
          />
        )}
        {shown && (
          <p className="fault" role="alert" data-testid="gate-error">
            <Icon name="cross" />
            {t(`error.${shown.code}`)}
          </p>
        )}
        <button type="submit" className="btn primary big" data-testid="join-button" disabled={busy}>
          {t("gate.enter")}
        </button>
        {shown?.code === "already_in_room" && (
          <button
            type="button"
            className="btn"
            onClick={() => void play.leaveOtherAndJoin()}
            data-testid="leave-other-button"
          >
            {t("gate.leaveOther")}
          </button>
        )}
      </form>
    </div>
  );
}
