import { Icon } from "../../components/Icon";
import { Link } from "../../components/Link";
import { useText } from "../../i18n";
import { play } from "../../net/roomSession";
import { paths } from "../../app/router";

/** After being removed, or when the room is gone. */
export function Farewell({ code, kicked }: { code: string; kicked: boolean }) {
  const t = useText();
  return (
    <div className="gate panel" data-testid={kicked ? "kicked" : "closed"}>
      <span className="badge">
        <Icon name="door" />
      </span>
      <h1>{t(kicked ? "farewell.kicked" : "farewell.closed")}</h1>
      <p className="dim">{t(kicked ? "farewell.kickedHint" : "farewell.closedHint", { code })}</p>
      <Link href={paths.home} className="btn primary big" onClick={() => play.close()}>{t("farewell.home")}</Link>
    </div>
  );
}
