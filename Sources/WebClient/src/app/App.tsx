import { Suspense } from "react";
import { Loading } from "../components/States";
import { AdminScreen, DisplayScreen, GameScreen, HistoryScreen, LicencesScreen, SettingsScreen } from "../lazy";
import { useStore } from "../state/useStore";
import { HomeScreen } from "../screens/home/HomeScreen";
import { MissingScreen } from "../screens/MissingScreen";
import { RoomScreen } from "../screens/room/RoomScreen";
import { Boundary } from "./Boundary";
import { type Route, route } from "./router";
import { Shell } from "./Shell";

function screenOf(here: Route) {
  switch (here.name) {
    case "home":
      return <HomeScreen />;
    case "room":
      return <RoomScreen key={here.code} code={here.code} />;
    case "display":
      return <DisplayScreen key={here.code} code={here.code} />;
    case "history":
      return <HistoryScreen />;
    case "game":
      return <GameScreen key={here.game} game={here.game} />;
    case "settings":
      return <SettingsScreen />;
    case "licences":
      return <LicencesScreen />;
    case "admin":
      return <AdminScreen />;
    case "missing":
      return <MissingScreen />;
  }
}

export function App() {
  const here = useStore(route, (value) => value);
  return (
    <Shell here={here}>
      <Boundary key={JSON.stringify(here)}>
        <Suspense fallback={<Loading />}>{screenOf(here)}</Suspense>
      </Boundary>
    </Shell>
  );
}
