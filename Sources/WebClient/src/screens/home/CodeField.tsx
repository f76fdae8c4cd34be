import { useId } from "react";
import { useText } from "../../i18n";
import { codeLength } from "../../state/rules";

/** One input drawn as seven cells. A pasted link is taken too. */
export function CodeField({ value, change }: { value: string; change: (text: string) => void }) {
  const t = useText();
  const id = useId();
  return (
    <div className="field code-field">
      <label htmlFor={id}>{t("home.code")}</label>
      <div className="cells">
        <span aria-hidden="true">
          {Array.from(
            { length: codeLength },
            (_, place) => (
              <i key={place} data-next={place === value.length} data-full={place < value.length}>
                {value[place] ?? ""}
              </i>
            ),
          )}
        </span>
        <input
          id={id}
          value={value}
          onChange={(event) => change(event.target.value)}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          inputMode="text"
          data-testid="join-code"
        />
      </div>
    </div>
  );
}
