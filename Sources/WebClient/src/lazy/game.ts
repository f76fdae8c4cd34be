// What a game needs beyond its lobby, in one download; fetched while players wait in the lobby.
import "../app/App"; // See index.ts.
export { Countdown } from "../screens/room/Countdown";
export { HostBar } from "../screens/room/HostBar";
export { LeaderboardStage } from "../screens/room/LeaderboardStage";
export { Podium } from "../screens/room/Podium";
export { QuestionStage } from "../screens/room/QuestionStage";
export { DisplayScreen } from "../screens/display/DisplayScreen";
