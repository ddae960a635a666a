// A program that imports @net/core and does nothing, for what that takes.
import '@net/core'
