import { useLoad } from "../../components/useLoad";
import { useText } from "../../i18n";
import { listCategories } from "../../net/api";

/** Which categories a game draws from; none chosen means all. */
export function CategoryChoice(
  { chosen, change }: { chosen: readonly string[]; change: (categories: string[]) => void },
) {
  const t = useText();
  const categories = useLoad("categories", listCategories);
  if (categories.status !== "ready") return null;
  const toggle = (id: string): void =>
    change(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id]);
  return (
    <fieldset className="field">
      <legend>{t("settings.categories")}</legend>
      <div className="tags">
        {categories.value.categories.map(({ id, name, questions }) => (
          <label key={id} className="tag toggle">
            <input type="checkbox" checked={chosen.includes(id)} onChange={() => toggle(id)} />
            {name} <small>{questions}</small>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
