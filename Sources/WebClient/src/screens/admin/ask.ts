import type { OperatorAction } from "../../protocol.generated";

/** A change somebody is about to make. */
export interface Ask {
  action: OperatorAction;
  node?: string;
  shard?: string;
}
