import { lazy } from "react";

// Few downloads instead of many small ones. What is shared between some of the parts and not all becomes a file of its own; so each part imports the
// App, which is there before any of them, and the whole first load is shared by all: one file, which compresses better than ten.
const game = () => import("./game");
const pages = () => import("./pages");
const extras = () => import("./extras");
/** The operators' page is not part of what players download, neither its scripts nor its styles. */
const admin = () => import("./admin").then(async (part) => (await part.loadStyle(), part));

export const Countdown = lazy(() => game().then((part) => ({ default: part.Countdown })));
export const DisplayScreen = lazy(() => game().then((part) => ({ default: part.DisplayScreen })));
export const HostBar = lazy(() => game().then((part) => ({ default: part.HostBar })));
export const LeaderboardStage = lazy(() => game().then((part) => ({ default: part.LeaderboardStage })));
export const Podium = lazy(() => game().then((part) => ({ default: part.Podium })));
export const QuestionStage = lazy(() => game().then((part) => ({ default: part.QuestionStage })));

export const GameScreen = lazy(() => pages().then((part) => ({ default: part.GameScreen })));
export const HistoryScreen = lazy(() => pages().then((part) => ({ default: part.HistoryScreen })));
export const LicencesScreen = lazy(() => pages().then((part) => ({ default: part.LicencesScreen })));
export const SettingsScreen = lazy(() => pages().then((part) => ({ default: part.SettingsScreen })));

export const AdminScreen = lazy(() => admin().then((part) => ({ default: part.AdminScreen })));

export const Confetti = lazy(() => extras().then((part) => ({ default: part.Confetti })));
export const QRCode = lazy(() => extras().then((part) => ({ default: part.QRCode })));
export const SettingsDialog = lazy(() => extras().then((part) => ({ default: part.SettingsDialog })));

/** Fetches the game while there is time; a failure shows itself later, when it is really wanted. */
export const fetchGame = (): void => void game().catch(() => undefined);
