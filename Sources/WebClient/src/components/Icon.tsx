const shapes = {
  triangle: "M12 3 22.5 21h-21Z",
  diamond: "M12 1 23 12 12 23 1 12Z",
  circle: "M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20Z",
  square: "M3 3h18v18H3Z",
  hexagon: "M12 1.5 21.5 7v10L12 22.5 2.5 17V7Z",
  star: "m12 1 3.2 7.4 8 .7-6.1 5.3 1.9 7.9L12 18.1l-7 4.2 1.9-7.9L.8 9.1l8-.7Z",
} as const;

const signs = {
  bolt: "M13 1 4 14h6l-1 9 10-14h-7Z",
  send: "M2 21 23 12 2 3v7l14 2-14 2Z",
  soundOn: "M3 9v6h4l6 5V4L7 9Zm13-1.5a5 5 0 0 1 0 9v-2.2a3 3 0 0 0 0-4.6Zm0-4a9 9 0 0 1 0 17v-2.1a7 7 0 0 0 0-12.8Z",
  soundOff:
    "M3 9v6h4l6 5V4L7 9Zm13.4 0L15 10.4l1.6 1.6-1.6 1.6 1.4 1.4 1.6-1.6 1.6 1.6 1.4-1.4-1.6-1.6 1.6-1.6L19.6 9 18 10.6Z",
  crown: "M2 7l5 4 5-7 5 7 5-4-2 12H4Zm2 14h16v2H4Z",
  check: "m9.5 18.5-6-6 2-2 4 4 9-9 2 2Z",
  cross: "m6 4 6 6 6-6 2 2-6 6 6 6-2 2-6-6-6 6-2-2 6-6-6-6Z",
  copy: "M8 2h12v15H8Zm-4 5h2v12h10v2H4Z",
  share:
    "M18 2a3 3 0 1 1-2.3 5L8.9 10.9a3 3 0 0 1 0 2.2L15.7 17a3 3 0 1 1-.9 1.7l-6.9-4a3 3 0 1 1 0-5.4l6.9-4A3 3 0 0 1 18 2Z",
  lock: "M7 10V7a5 5 0 0 1 10 0v3h2v12H5V10Zm2 0h6V7a3 3 0 0 0-6 0Z",
  unlock: "M7 10V7a5 5 0 0 1 9.6-2l-1.9.8A3 3 0 0 0 9 7v3h10v12H5V10Z",
  chat: "M3 3h18v14H9l-6 5Z",
  pause: "M6 4h4v16H6Zm8 0h4v16h-4Z",
  play: "M6 3 21 12 6 21Z",
  skip: "M4 4 14 12 4 20Zm12 0h4v16h-4Z",
  gear:
    "m10 1-.5 3-1.8.8-2.5-1.7-2.1 2.1L4.8 7.7 4 9.5 1 10v4l3 .5.8 1.8-1.7 2.5 2.1 2.1 2.5-1.7 1.8.8.5 3h4l.5-3 1.8-.8 2.5 1.7 2.1-2.1-1.7-2.5.8-1.8 3-.5v-4l-3-.5-.8-1.8 1.7-2.5-2.1-2.1-2.5 1.7-1.8-.8L14 1Zm2 7.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7Z",
  screen: "M2 3h20v14h-8v2h4v2H6v-2h4v-2H2Zm2 2v10h16V5Z",
  people:
    "M8 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8Zm8.5 1a3.5 3.5 0 1 1 0 7 6 6 0 0 0 0-7ZM1 20c0-4 3-6.5 7-6.5s7 2.5 7 6.5Zm16 0c0-2.6-1-4.8-2.6-6.3 4.6-.7 8.6 1.8 8.6 6.3Z",
  door: "M4 2h10v3h-2V4H6v16h6v-1h2v3H4Zm12 5 5 5-5 5v-4H9v-2h7Z",
  trophy:
    "M6 2h12v2h4v4c0 3-2 4.5-4.5 4.8A6 6 0 0 1 13 16.9V20h4v2H7v-2h4v-3.1a6 6 0 0 1-4.5-4.1C4 12.5 2 11 2 8V4h4ZM4 6v2c0 1.5.8 2.4 2 2.7V6Zm14 4.7c1.2-.3 2-1.2 2-2.7V6h-2Z",
  flame: "M12 1c1 4 6 6 6 12a6 6 0 0 1-12 0c0-2 1-4 2.5-5 0 2 .5 3 1.5 3.5C10 8 10.5 4 12 1Z",
  clock: "M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20Zm-1 4v7l5 3 1-1.7-4-2.4V6Z",
  link:
    "M10 14a4 4 0 0 1 0-5.7l3.5-3.5a4 4 0 0 1 5.7 5.7L17 12.7l-1.4-1.4 2.2-2.2a2 2 0 0 0-2.9-2.9L11.4 9.7a2 2 0 0 0 0 2.9Zm4-4a4 4 0 0 1 0 5.7l-3.5 3.5a4 4 0 0 1-5.7-5.7L7 11.3l1.4 1.4-2.2 2.2a2 2 0 0 0 2.9 2.9l3.5-3.5a2 2 0 0 0 0-2.9Z",
  bulb: "M12 1a7.5 7.5 0 0 1 4 13.800V18H8v-3.200A7.5 7.5 0 0 1 12 1ZM8.500 19.5h7V21l-1.5 2h-4l-1.5-2Z",
  back: "M14 4 16 6l-6 6 6 6-2 2-8-8Z",
} as const;

export type Shape = keyof typeof shapes;
export type Sign = keyof typeof signs;

/** Decoration unless it has a label. */
export function Icon({ name, label }: { name: Shape | Sign; label?: string }) {
  const path = name in shapes ? shapes[name as Shape] : signs[name as Sign];
  return (
    <svg
      viewBox="0 0 24 24"
      className="icon"
      role={label === undefined ? undefined : "img"}
      aria-label={label}
      aria-hidden={label === undefined}
    >
      <path d={path} />
    </svg>
  );
}
