import { noteOpener, stackBelow } from './leak.ts'

/** The key under which connections and listeners have what stands for them in the list of what is open. */
export const owner: unique symbol = Symbol('owner')

/** Opens something, and notes that whoever called `callee` has opened it, whichever stack it was made in. */
export async function openedBy<T>(callee: object, open: () => Promise<T>): Promise<T> {
  const stack = stackBelow(callee)
  const made = await open()
  if (typeof made === 'object' && made !== null && owner in made) noteOpener(made[owner] as object, stack)
  return made
}
