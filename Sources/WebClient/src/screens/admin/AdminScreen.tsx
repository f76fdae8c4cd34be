import { operatorToken } from "../../net/operator";
import { useStore } from "../../state/useStore";
import { ControlRoom } from "./ControlRoom";
import { OperatorGate } from "./OperatorGate";

/** `/admin`: the cluster, for operators. */
export function AdminScreen() {
  const token = useStore(operatorToken, (value) => value);
  return token === undefined ? <OperatorGate /> : <ControlRoom />;
}
