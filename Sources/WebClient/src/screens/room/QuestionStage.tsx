import { useEffect, useRef } from "react";
import { Icon } from "../../components/Icon";
import { Ring } from "../../components/Ring";
import { useText } from "../../i18n";
import { app } from "../../state/app";
import { useStore } from "../../state/useStore";
import { CategoryTag } from "./CategoryTag";
import { Answered } from "./Answered";
import { Choices } from "./Choices";
import { Explanation } from "./Explanation";
import { Pips } from "./Pips";
import { Verdict } from "./Verdict";

/** An open question, a closed one, and its reveal: the answers stay where they are. */
export function QuestionStage() {
  const t = useText();
  const phase = useStore(app, (state) => state.room?.phase);
  const game = useStore(app, (state) => state.room?.game);
  const display = useStore(app, (state) => state.me?.seat?.role === "display");
  const paused = useStore(app, (state) => state.room?.paused !== undefined);
  const saving = useStore(app, (state) => state.room?.saving === true);
  const heading = useRef<HTMLHeadingElement>(null);
  const question = game?.question;
  const index = question?.index;
  useEffect(() => {
    // Somebody in the middle of a chat line is not interrupted.
    if (document.activeElement instanceof HTMLInputElement) return;
    heading.current?.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }, [index]);
  if (!game || !question) return null;
  const reveal = phase === "reveal" ? game.reveal : undefined;
  return (
    <section
      className="stage question"
      aria-labelledby="stage-title"
      data-phase={phase}
      data-testid={reveal ? "reveal" : "question"}
    >
      <div className="meta">
        <Pips index={question.index} of={question.of} />
        <CategoryTag id={question.category} />
        <span className="tag">{t(`difficulty.${question.difficulty}`)}</span>
        {question.kind === "multiple" && <span className="tag gold">{t("kind.multiple")}</span>}
      </div>
      <div className="question-row">
        <h1
          id="stage-title"
          tabIndex={-1}
          ref={heading}
          data-testid="question-prompt"
          data-long={question.prompt.length > 110}
        >
          {question.prompt}
        </h1>
        {phase === "question" && (
          <Ring key={question.index} opensAt={question.opensAt} closesAt={question.closesAt} still={paused || saving} />
        )}
        {phase !== "question" && (
          <span className="ring shut" aria-hidden="true">
            <Icon name={reveal ? "bulb" : "lock"} />
          </span>
        )}
      </div>
      {/* One place for all of these, so that the answers below never move. */}
      <div className="slot">
        {saving
          ? (
            <p className="banner" role="status">
              <span className="spinner" aria-hidden="true" />
              {t("question.saving")}
            </p>
          )
          : paused
          ? (
            <p className="banner" role="status">
              <Icon name="pause" />
              {t("question.paused")}
            </p>
          )
          : reveal && !display
          ? <Verdict />
          : <Answered />}
      </div>
      <Choices key={`${question.game} ${question.index}`} question={question} reveal={reveal} display={display} />
      {reveal && <Explanation reveal={reveal} />}
    </section>
  );
}
