// The quiet pages around the game, in one download.
import "../app/App"; // See index.ts.
export { GameScreen } from "../screens/GameScreen";
export { HistoryScreen } from "../screens/HistoryScreen";
export { LicencesScreen } from "../screens/LicencesScreen";
export { SettingsScreen } from "../screens/SettingsScreen";
