import { useText } from "../../i18n";
import { Doors } from "./Doors";
import { PublicRooms } from "./PublicRooms";

/** `/`: a name, a code or a new room, and the rooms that are open to everybody. */
export function HomeScreen() {
  const t = useText();
  return (
    <div className="home">
      <div className="hero">
        <p className="eyebrow">{t("home.eyebrow")}</p>
        <h1 tabIndex={-1}>{t("home.headline")}</h1>
        <p className="lede">{t("home.lede")}</p>
        <ul className="facts">
          {(["home.fact1", "home.fact2", "home.fact3"] as const).map((key) => <li key={key}>{t(key)}</li>)}
        </ul>
      </div>
      <Doors />
      <PublicRooms />
    </div>
  );
}
