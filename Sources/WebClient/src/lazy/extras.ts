// Parts that come a moment later than the screen they are on.
export { Confetti } from "../components/Confetti";
export { QRCode } from "../components/QRCode";
export { SettingsDialog } from "../screens/room/SettingsDialog";
