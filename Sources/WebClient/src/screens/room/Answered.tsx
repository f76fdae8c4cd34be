import { useText } from "../../i18n";
import { app } from "../../state/app";
import { useStore } from "../../state/useStore";

/** How many have answered: a number and a bar, never who or what. */
export function Answered() {
  const t = useText();
  const progress = useStore(app, (state) => state.room?.game?.progress);
  const of = progress?.of ?? 0;
  const answered = progress?.answered ?? 0;
  return (
    <div className="answered" data-testid="progress">
      <span className="bar" aria-hidden="true" style={{ "--w": of === 0 ? 0 : answered / of }} />
      <span>{progress ? t("question.answered", { n: answered, of }) : "\u00a0"}</span>
    </div>
  );
}
