// Parts that come a moment later than the screen they are on.
import "../app/App"; // See index.ts.
export { Confetti } from "../components/Confetti";
export { QRCode } from "../components/QRCode";
export { SettingsDialog } from "../screens/room/SettingsDialog";
