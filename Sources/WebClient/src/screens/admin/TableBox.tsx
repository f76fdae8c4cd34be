import type { ReactNode } from "react";

/** Columns and rows in a box that scrolls by itself; the keyboard reaches it, or it could not scroll it. */
export function TableBox({ label, columns, children }: { label: string; columns: string[]; children: ReactNode }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="table-box" tabIndex={0} role="group" aria-label={label}>
      <table className="plain-table">
        <thead>
          <tr>{columns.map((column) => <th key={column} scope="col">{column}</th>)}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
