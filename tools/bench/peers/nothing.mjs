// A program that imports nothing, for what starting one takes.
