// Prints which modules of the host are loaded by an import of the package. What prints is loaded after the list was made.

/** The list grows as the host loads modules. @type {string[]} */
const list = Reflect.get(process, 'moduleLoadList')
const before = list.length
await import('@net/core')
const loaded = list.slice(before).filter((name) => /^NativeModule [a-z_/]+$/.test(name))
console.log(JSON.stringify(loaded.filter((name) => !name.includes('internal/'))))
