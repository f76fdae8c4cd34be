import { Link } from "../components/Link";
import { paths } from "../app/router";
import { useText } from "../i18n";

export function MissingScreen() {
  const t = useText();
  return (
    <div className="gate panel" data-testid="missing">
      <p className="gate-code" aria-hidden="true">404</p>
      <h1 tabIndex={-1}>{t("missing.title")}</h1>
      <p className="dim">{t("missing.hint")}</p>
      <Link href={paths.home} className="btn primary big">{t("farewell.home")}</Link>
    </div>
  );
}
