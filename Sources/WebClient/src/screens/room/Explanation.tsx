import { useText } from "../../i18n";
import type { RevealPayload } from "../../protocol.generated";

/** Why it is so, and where it stands. Only web addresses become links: the rest is somebody's text. */
export function Explanation({ reveal }: { reveal: RevealPayload }) {
  const t = useText();
  const { explanation, source, unanswered } = reveal;
  const url = source?.url && /^https?:\/\//.test(source.url) ? source.url : undefined;
  return (
    <div className="explanation" data-testid="explanation">
      {explanation !== undefined && <p>{explanation}</p>}
      {source && (
        <p className="dim">
          {t("reveal.source")}{" "}
          {url === undefined ? source.title : <a href={url} target="_blank" rel="noreferrer">{source.title}</a>}
        </p>
      )}
      {unanswered > 0 && <p className="dim">{t("reveal.unanswered", { n: unanswered })}</p>}
    </div>
  );
}
