/** One measure with a bar; `part` of what it may be, 0 to 1 and more. */
export function Gauge({ label, part, text }: { label: string; part: number; text: string }) {
  const level = part >= 0.9 ? "high" : part >= 0.7 ? "warm" : "calm";
  return (
    <div className="gauge" data-level={level}>
      <dt>{label}</dt>
      <dd>
        {text}
        <i aria-hidden="true" style={{ "--w": Math.min(1, part) }} />
      </dd>
    </div>
  );
}
