/**
 * Makes `instanceof` hold across two installed copies of this package: instances carry a mark from the registry of
 * symbols, and the class asks for the mark instead of the prototype.
 */
export function brand(constructor: { readonly prototype: Error }, name: string): void {
  const mark = Symbol.for(`@net/contract.${name}`)
  Object.defineProperty(constructor.prototype, mark, { value: true })
  Object.defineProperty(constructor.prototype, 'name', { value: name, configurable: true, writable: true })
  Object.defineProperty(constructor, Symbol.hasInstance, {
    value(this: { readonly prototype: object }, x: unknown): boolean {
      // A subclass inherits this method but means its own instances only.
      if (this !== (constructor as unknown))
        return Object.prototype.isPrototypeOf.call(this.prototype, x as object)
      return typeof x === 'object' && x !== null && mark in x
    },
  })
}
