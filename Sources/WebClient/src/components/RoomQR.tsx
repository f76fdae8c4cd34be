import { Suspense } from "react";
import { useText } from "../i18n";
import { QRCode } from "../lazy";

/** The room's link to scan; its square is reserved while the generator loads. */
export function RoomQR({ code }: { code: string }) {
  const t = useText();
  return (
    <div className="qr" data-testid="qr">
      <Suspense fallback={null}>
        <QRCode text={`${location.origin}/r/${code}`} label={t("lobby.qr", { code: [...code].join(" ") })} />
      </Suspense>
    </div>
  );
}
