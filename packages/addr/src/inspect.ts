/** The method by which Node, Bun and Deno print a value in `console.log`; other hosts never call it. */
export const inspect: unique symbol = Symbol.for('nodejs.util.inspect.custom')
