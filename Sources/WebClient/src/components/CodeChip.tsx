import { useText } from "../i18n";
import { copyText } from "./copy";

/** The room's code; a click copies the link. Spelled out for screen readers. */
export function CodeChip({ code }: { code: string }) {
  const t = useText();
  const copy = (): void => void copyText(`${location.origin}/r/${code}`, t("lobby.copied"), t("lobby.notCopied"));
  return (
    <button
      type="button"
      className="code-chip"
      aria-label={t("lobby.copyLinkOf", { code: [...code].join(" ") })}
      onClick={copy}
    >
      <span data-testid="room-code">{code}</span>
    </button>
  );
}
