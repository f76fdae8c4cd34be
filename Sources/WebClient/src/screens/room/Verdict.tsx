import { useEffect } from "react";
import { Icon } from "../../components/Icon";
import { right, wrong } from "../../components/sounds";
import { useText } from "../../i18n";
import { app } from "../../state/app";
import { ownResult } from "../../state/selectors";
import { useStore } from "../../state/useStore";
import { CountUp } from "../../components/CountUp";

/** Right or wrong, by icon and word, with the points and where they come from. */
export function Verdict() {
  const t = useText();
  const result = useStore(app, ownResult);
  const correct = result?.correct;
  useEffect(() => {
    if (correct === undefined) return;
    if (correct) right();
    else wrong();
  }, [correct]);
  if (!result) return null;
  const missed = result.choice.length === 0;
  const points = result.accuracyPoints + result.speedPoints + result.streakPoints;
  const parts = [
    ["verdict.accuracy", result.accuracyPoints],
    ["verdict.speed", result.speedPoints],
    ["verdict.streak", result.streakPoints],
  ] as const;
  return (
    <div className="verdict" data-correct={result.correct} data-testid="verdict" role="status">
      <span className="badge">
        <Icon name={result.correct ? "check" : missed ? "clock" : "cross"} />
      </span>
      <p className="verdict-word">{t(result.correct ? "reveal.right" : missed ? "verdict.missed" : "reveal.wrong")}</p>
      <p className="verdict-points">
        <CountUp to={points} sign="+" />
      </p>
      {result.correct && (
        <ul className="parts">
          {parts.map(([key, value]) =>
            value > 0 && (
              <li key={key}>
                {t(key)} <b>+{value}</b>
              </li>
            )
          )}
        </ul>
      )}
      {result.streak > 1 && (
        <span className="tag gold">
          <Icon name="flame" />
          {t("board.streak", { n: result.streak })}
        </span>
      )}
    </div>
  );
}
