import { type FormEvent, useState } from "react";
import { Field } from "../../components/Field";
import { Icon } from "../../components/Icon";
import { useText } from "../../i18n";
import { useAdminText } from "../../i18n/admin";
import { askLive, keepToken } from "../../net/operator";
import type { Fault } from "../../net/result";

/** Asks for the token, and keeps it only if it opens. */
export function OperatorGate() {
  const t = useAdminText();
  const common = useText();
  const [token, setToken] = useState("");
  const [fault, setFault] = useState<Fault>();
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const answer = await askLive(token.trim());
    setBusy(false);
    setFault(answer.ok ? undefined : answer.fault);
    if (answer.ok) keepToken(token.trim());
  };

  const sentence = (problem: Fault): string => {
    if (problem.code === "unauthorized") return t("gate.refused");
    return problem.code === "forbidden" ? t("gate.off") : common(`error.${problem.code}`);
  };

  return (
    <div className="gate panel glow" data-testid="operator-gate">
      <span className="badge" aria-hidden="true">
        <Icon name="lock" />
      </span>
      <h1 tabIndex={-1}>{t("gate.title")}</h1>
      <p className="hint">{t("gate.hint")}</p>
      <form onSubmit={(event) => void submit(event)}>
        <Field label={t("gate.token")} value={token} change={setToken} type="password" testid="token-input" required />
        {fault && (
          <p className="fault" role="alert" data-testid="gate-error">
            <Icon name="cross" />
            {sentence(fault)}
          </p>
        )}
        <button type="submit" className="btn primary big" disabled={busy} data-testid="open-button">
          {t("gate.open")}
        </button>
      </form>
    </div>
  );
}
