import type { LedgerPayload } from "../protocol/v1/messages.ts";
import type { ConnectionStatus } from "./status.ts";

/** Who inside the library watches one agent. Nothing here may throw; callers' own code is guarded where it is called. */
export class Observers {
  /** The mirror's account has changed. */
  readonly account: Set<() => void> = new Set();
  /** A ledger event was applied. */
  readonly ledger: Set<(event: LedgerPayload) => void> = new Set();
  /** The agent's status has changed. */
  readonly status: Set<(status: ConnectionStatus) => void> = new Set();

  /** Tells of a change of the account. */
  accountChanged(): void {
    for (const observe of [...this.account]) observe();
  }

  /** Tells of a ledger event. */
  ledgerApplied(event: LedgerPayload): void {
    for (const observe of [...this.ledger]) observe(event);
    if (event.type === "balance") this.accountChanged();
  }

  /** Tells of a status. */
  statusChanged(status: ConnectionStatus): void {
    for (const observe of [...this.status]) observe(status);
  }
}
