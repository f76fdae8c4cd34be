import { useCallback, useState } from "react";
import { AnswerTile, shapeName, type TileReveal } from "../../components/AnswerTile";
import { Icon } from "../../components/Icon";
import { lockIn } from "../../components/sounds";
import { useText } from "../../i18n";
import { play } from "../../net/roomSession";
import type { QuestionPayload, RevealPayload } from "../../protocol.generated";
import { app } from "../../state/app";
import { ownAnswer } from "../../state/selectors";
import { useStore } from "../../state/useStore";
import { useAnswerKeys } from "./useAnswerKeys";
import { useOpen } from "./useOpen";

interface ChoicesProps {
  question: QuestionPayload;
  reveal?: RevealPayload;
  /** A display shows the answers and gives none. */
  display: boolean;
}

export function Choices({ question, reveal, display }: ChoicesProps) {
  const t = useText();
  const answer = useStore(app, ownAnswer);
  const phase = useStore(app, (state) => state.room?.phase);
  const open = useOpen(question.opensAt);
  const [draft, setDraft] = useState<readonly number[]>([]);
  const multiple = question.kind === "multiple";
  const given = answer !== undefined && answer.status !== "refused";
  const chosen = given ? answer.choice : draft;
  const closed = display || given || !open || phase !== "question";

  const submit = useCallback((choice: readonly number[]) => {
    lockIn();
    setDraft([]);
    play.answers.give(choice);
  }, []);
  const choose = useCallback(
    (index: number) => {
      if (closed) return;
      if (!multiple) return submit([index]);
      setDraft((now) => (now.includes(index) ? now.filter((other) => other !== index) : [...now, index]));
    },
    [closed, multiple, submit],
  );
  useAnswerKeys(question.choices.length, choose);

  const names = (indices: readonly number[]): string =>
    indices.map((index) => `${t(shapeName(index))}, ${question.choices[index] ?? ""}`).join("; ");
  const status = display || reveal
    ? ""
    : given
    ? t(answer.status === "confirmed" ? "answer.locked" : "answer.sending", { answer: names(answer.choice) })
    : phase === "locked"
    ? t("answer.tooLate")
    : t(multiple ? "answer.promptMany" : "answer.prompt", { n: question.choices.length });

  return (
    <>
      <div className="answers" role="group" aria-label={t("question.answers")} data-count={question.choices.length}>
        {question.choices.map((text, index) => (
          <AnswerTile
            // Choices may be alike; their places never change.
            // oxlint-disable-next-line react/no-array-index-key
            key={index}
            index={index}
            text={text}
            chosen={chosen.includes(index)}
            locked={given}
            disabled={closed}
            multiple={multiple}
            reveal={reveal && tileReveal(reveal, index)}
            choose={choose}
          />
        ))}
      </div>
      {!display && !reveal && (
        <div className="answer-foot">
          {multiple && !given && phase === "question" && (
            <button
              type="button"
              className="btn primary"
              disabled={closed || draft.length === 0}
              data-testid="submit-answer"
              onClick={() => submit(draft)}
            >
              <Icon name="check" />
              {t("answer.submit", { n: draft.length })}
            </button>
          )}
          <p className="dim" role="status" data-testid="answer-status" data-status={answer?.status}>
            {/* A new sentence is a new element: it appears, it does not move. */}
            <span key={status}>{status}</span>
          </p>
          {answer?.status === "refused" && (
            <p className="fault" role="alert" data-testid="answer-refused">
              <Icon name="cross" />
              {t("answer.refused", { reason: t(`error.${answer.fault?.code ?? "broken"}`) })}
            </p>
          )}
        </div>
      )}
    </>
  );
}

function tileReveal(reveal: RevealPayload, index: number): TileReveal {
  const count = reveal.counts[index] ?? 0;
  const all = reveal.counts.reduce((sum, one) => sum + one, 0);
  return { correct: reveal.correct.includes(index), count, share: all === 0 ? 0 : count / all };
}
