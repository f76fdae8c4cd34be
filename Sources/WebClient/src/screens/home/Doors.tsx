import { type FormEvent, useState } from "react";
import { Field } from "../../components/Field";
import { Icon } from "../../components/Icon";
import { Switch } from "../../components/Inputs";
import { useText } from "../../i18n";
import { createRoom } from "../../net/api";
import type { Fault } from "../../net/result";
import { session, signIn } from "../../net/session";
import { cleanCode, codeLength, defaultSettings, nicknameRule } from "../../state/rules";
import { navigate, paths } from "../../app/router";
import { rememberPresenter } from "../display/presenter";
import { CodeField } from "./CodeField";

/** The two ways in. Both need a name first. */
export function Doors() {
  const t = useText();
  const [nickname, setNickname] = useState(session.get()?.nickname ?? "");
  const [code, setCode] = useState("");
  const [present, setPresent] = useState(false);
  const [problem, setProblem] = useState<Fault | "name" | "code">();
  const [busy, setBusy] = useState(false);

  const named = async (): Promise<boolean> => {
    const name = nickname.trim();
    if (name === "") {
      setProblem("name");
      return false;
    }
    setProblem(undefined);
    setBusy(true);
    const answer = await signIn(name);
    setBusy(false);
    if (!answer.ok) setProblem(answer.fault);
    return answer.ok;
  };
  const join = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (code.length !== codeLength) return setProblem("code");
    if (await named()) navigate(paths.room(code));
  };
  const create = async (): Promise<void> => {
    if (!(await named())) return;
    setBusy(true);
    const answer = await createRoom({ settings: defaultSettings(t("home.roomTitle", { name: nickname.trim() })) });
    setBusy(false);
    if (!answer.ok) return setProblem(answer.fault);
    if (present) rememberPresenter(answer.value.code);
    navigate(present ? paths.display(answer.value.code) : paths.room(answer.value.code));
  };

  return (
    <section className="doors panel glow" aria-label={t("home.play")}>
      <Field
        label={t("home.nickname")}
        placeholder={t("home.nicknameHint")}
        value={nickname}
        change={setNickname}
        rule={nicknameRule}
        testid="nickname-input"
      />
      <form onSubmit={(event) => void join(event)} className="join-form">
        <CodeField value={code} change={(text) => setCode(cleanCode(text))} />
        <button type="submit" className="btn primary big" data-testid="join-button" disabled={busy}>
          {t("home.join")}
        </button>
      </form>
      {problem !== undefined && (
        <p className="fault" role="alert" data-testid="home-error">
          <Icon name="cross" />
          {problem === "name"
            ? t("home.nameMissing")
            : problem === "code"
            ? t("home.codeShort", { n: codeLength })
            : t(`error.${problem.code}`)}
        </p>
      )}
      <p className="or">
        <span>{t("home.or")}</span>
      </p>
      <button type="button" className="btn big" data-testid="create-room" disabled={busy} onClick={() => void create()}>
        <Icon name="bolt" />
        {t("home.create")}
      </button>
      <Switch
        label={t("home.present")}
        hint={t("home.presentHint")}
        on={present}
        change={setPresent}
        testid="present-switch"
      />
    </section>
  );
}
