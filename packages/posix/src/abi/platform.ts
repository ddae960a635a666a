/** The name of the running system, as Node has it. */
export const platform: string = process.platform
