/** How netx is called wrongly: its message is shown with the usage. */
export class UsageError extends Error {}
