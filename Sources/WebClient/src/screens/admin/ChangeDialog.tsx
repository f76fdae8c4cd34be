import { type FormEvent, useState } from "react";
import { Dialog } from "../../components/Dialog";
import { Field } from "../../components/Field";
import { Choice } from "../../components/Inputs";
import { useLoad } from "../../components/useLoad";
import { useText } from "../../i18n";
import { useAdminText } from "../../i18n/admin";
import { change } from "../../net/operator";
import { type Fault, fault as faultOf, type Result } from "../../net/result";
import type { ChangeReport, OperatorCommand } from "../../protocol.generated";
import { type ClusterView, labelOf } from "../../state/cluster";
import { notify } from "../../state/notices";
import type { Ask } from "./ask";
import { PlanTable } from "./PlanTable";

const reasonRule = { min: 1, max: 200 };

interface ChangeDialogProps {
  ask: Ask;
  view: ClusterView;
  close: () => void;
}

/** A change: what it is about, what it would move, why it is made; only then it can be confirmed. */
export function ChangeDialog({ ask, view, close }: ChangeDialogProps) {
  const t = useAdminText();
  const common = useText();
  const others = view.live.cluster.nodes.filter((node) =>
    node.name !== undefined && node.isAlive !== false && node.name !== ask.node
  ).map(labelOf);
  const [target, setTarget] = useState(others[0] ?? ask.node ?? "");
  const [weight, setWeight] = useState("");
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<Fault>();
  const [busy, setBusy] = useState(false);

  const { action, shard } = ask;
  const command: OperatorCommand = {
    action,
    shard,
    node: action === "move" || action === "pin" ? target : ask.node,
    weight: action === "weight" && weight.trim() !== "" ? Number(weight) : undefined,
  };
  const plan = usePlan(command);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const answer = await change({ ...command, reason: reason.trim() });
    setBusy(false);
    if (!answer.ok) return setProblem(answer.fault);
    notify(t("change.done", { words: answer.value.change }));
    close();
  };

  const shown = problem ?? (plan.status === "failed" ? plan.fault : undefined);
  return (
    <Dialog title={t(`change.title.${action}`, { node: ask.node ?? "", shard: shard ?? "" })} close={close}>
      <form className="form" onSubmit={(event) => void submit(event)} data-testid="change-form">
        {(action === "move" || action === "pin") && (
          <Choice
            label={t("change.target")}
            value={target}
            options={others.map((node) => [node, node] as const)}
            change={setTarget}
            testid="target-choice"
          />
        )}
        {action === "weight" && (
          <Field label={t("change.weight")} value={weight} change={setWeight} type="number" testid="weight-input" />
        )}
        <section aria-label={t("change.plan")} aria-live="polite" className="plan" data-testid="plan">
          {plan.status === "loading" && <p className="hint">{t("change.planning")}</p>}
          {plan.status === "ready" && <PlanTable report={plan.value} />}
        </section>
        <Field
          label={t("change.reason")}
          value={reason}
          change={setReason}
          rule={reasonRule}
          testid="reason-input"
          required
        />
        {shown && (
          <p className="fault" role="alert" data-testid="change-error">
            {shown.message ?? common(`error.${shown.code}`)}
          </p>
        )}
        <div className="row-of-buttons end">
          <button type="button" className="btn" onClick={close}>{common("action.cancel")}</button>
          <button
            type="submit"
            className="btn primary"
            disabled={busy || plan.status !== "ready" || reason.trim() === ""}
            data-testid="confirm-button"
          >
            {t("change.confirm")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** What the change would move, asked anew when what it is about changes. */
function usePlan(command: OperatorCommand) {
  const { weight } = command;
  const isOdd = weight !== undefined && !(Number.isInteger(weight) && weight >= 0 && weight <= 1_000);
  const ask = (): Promise<Result<ChangeReport>> =>
    isOdd ? Promise.resolve(faultOf("invalid_request")) : change({ ...command, plan: true });
  return useLoad(JSON.stringify(command), ask);
}
