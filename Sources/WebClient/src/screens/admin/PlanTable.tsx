import { numberText } from "../../i18n";
import { useAdminText } from "../../i18n/admin";
import type { ChangeReport } from "../../protocol.generated";

/** What a change would move, by node, and what else should be known. */
export function PlanTable({ report }: { report: ChangeReport }) {
  const t = useAdminText();
  const { plan, notes } = report;
  if (plan === undefined) return <Notes notes={notes} />;
  const count = plan.moves.length;
  return (
    <>
      <p>
        <b data-testid="plan-moves">{count === 0 ? t("change.none") : t("change.moves", { n: count })}</b>{" "}
        {count > 0 && <span className="dim">{t("change.pause")}</span>}{" "}
        {plan.alreadyDue > 0 && <span className="dim">{t("change.left", { n: plan.alreadyDue })}</span>}
      </p>
      {count > 0 && (
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">{t("change.node")}</th>
              <th scope="col">{t("node.gives")}</th>
              <th scope="col">{t("node.takes")}</th>
              <th scope="col">{t("node.before")}</th>
              <th scope="col">{t("node.after")}</th>
            </tr>
          </thead>
          <tbody>
            {plan.nodes.map((node) => (
              <tr key={node.node}>
                <th scope="row">{node.node}</th>
                <td>{numberText(node.gives)}</td>
                <td>{numberText(node.takes)}</td>
                <td>{numberText(node.before)}</td>
                <td>{numberText(node.after)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Notes notes={notes} />
    </>
  );
}

function Notes({ notes }: { notes: readonly string[] }) {
  return <>{notes.map((note) => <p key={note} className="hint">{note}</p>)}</>;
}
