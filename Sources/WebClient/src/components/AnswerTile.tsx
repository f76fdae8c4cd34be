import { type Key, useText } from "../i18n";
import { Icon, type Shape } from "./Icon";

/** Shape, colour, number and place: four independent marks of an answer, the same in every question. */
export const shapes: readonly Shape[] = ["triangle", "diamond", "circle", "square", "hexagon", "star"];

export const shapeName = (index: number): Key => `shape.${shapes[index] ?? "circle"}`;

export interface TileReveal {
  correct: boolean;
  /** Players who chose it, and their share of all; 0 to 1. */
  count: number;
  share: number;
}

interface AnswerTileProps {
  index: number;
  text: string;
  chosen: boolean;
  /** Chosen, and no longer to be changed. */
  locked: boolean;
  disabled: boolean;
  multiple: boolean;
  reveal?: TileReveal;
  choose: (index: number) => void;
}

export function AnswerTile({ index, text, chosen, locked, disabled, multiple, reveal, choose }: AnswerTileProps) {
  const t = useText();
  const verdict = reveal && (reveal.correct ? "right" : chosen ? "wrong" : "other");
  return (
    <button
      type="button"
      className={`tile hue${index}`}
      aria-pressed={chosen}
      aria-keyshortcuts={String(index + 1)}
      aria-disabled={disabled || reveal !== undefined}
      data-verdict={verdict}
      data-locked={locked}
      data-multiple={multiple}
      data-testid={`answer-${index}`}
      style={{ "--share": reveal?.share ?? 0, "--i": index }}
      onClick={() => choose(index)}
    >
      <span className="glyph">
        <Icon name={shapes[index] ?? "circle"} label={t(shapeName(index))} />
      </span>
      <span className="tile-text">{text}</span>
      {reveal
        ? (
          <span className="tally">
            {verdict !== "other" && (
              <Icon
                name={reveal.correct ? "check" : "cross"}
                label={t(reveal.correct ? "reveal.right" : "reveal.wrong")}
              />
            )}
            <b aria-label={t("reveal.chosenBy", { n: reveal.count })}>{reveal.count}</b>
          </span>
        )
        : <kbd aria-hidden="true">{chosen ? <Icon name="check" /> : index + 1}</kbd>}
    </button>
  );
}
