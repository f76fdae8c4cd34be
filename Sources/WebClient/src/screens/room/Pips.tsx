import { useText } from "../../i18n";

/** More than this many do not fit in a line on a phone. */
const pipsMax = 15;

/** How far the game is. */
export function Pips({ index, of }: { index: number; of: number }) {
  const t = useText();
  const label = t("question.number", { n: index + 1, of });
  return (
    <div className="pips" role="img" aria-label={label}>
      {of <= pipsMax &&
        Array.from(
          { length: of },
          (_, place) => <i key={place} data-s={place < index ? "done" : place === index ? "now" : "next"} />,
        )}
      <span aria-hidden="true">
        {index + 1}
        <small>/{of}</small>
      </span>
    </div>
  );
}
