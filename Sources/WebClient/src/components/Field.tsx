import { type HTMLInputTypeAttribute, useId } from "react";
import type { TextRule } from "../state/rules";

interface FieldProps {
  label: string;
  value: string;
  change: (value: string) => void;
  rule?: TextRule;
  type?: HTMLInputTypeAttribute;
  required?: boolean;
  placeholder?: string;
  className?: string;
  testid?: string;
}

/** A labelled line of text. */
export function Field(
  { label, value, change, rule, type = "text", required, placeholder, className = "", testid }: FieldProps,
) {
  const id = useId();
  return (
    <div className={`field ${className}`}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type={type}
        value={value}
        onChange={(event) => change(event.target.value)}
        minLength={rule?.min}
        maxLength={rule?.max}
        required={required}
        placeholder={placeholder}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        data-testid={testid}
      />
    </div>
  );
}
