export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M16 2 28 9v14l-12 7L4 23V9Z" />
      <path d="m16 9 6 3.5v7L16 23l-6-3.5v-7Z" />
    </svg>
  );
}
