import qrcode from "qrcode-generator";

/** Modules of quiet zone a scanner wants. */
const margin = 3;

/** A QR code as one SVG path, black on white in every theme. */
export function QRCode({ text, label }: { text: string; label: string }) {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const size = code.getModuleCount();
  let path = "";
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      if (code.isDark(row, column)) path += `M${column} ${row}h1v1h-1z`;
    }
  }
  const box = `${-margin} ${-margin} ${size + 2 * margin} ${size + 2 * margin}`;
  return (
    <svg viewBox={box} role="img" aria-label={label} shapeRendering="crispEdges">
      <path d={path} fill="#0b0a1f" />
    </svg>
  );
}
