// Feeds OpenTelemetry's SDK from the tracing channels: a span for each dial and lookup, below the span of whoever called.
import { subscribe } from 'node:diagnostics_channel'
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { dial, listen } from '@net/core'

const exporter = new InMemorySpanExporter() // yours sends them to a collector
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
provider.register()
const tracer = trace.getTracer('@net/core')

/** @typedef {import('@net/core').TraceMessage} Message what docs/tracing.md describes */
/** @type {WeakMap<object, import('@opentelemetry/api').Span>} */
const spans = new WeakMap()

/**
 * The start of an operation, which is told within its call: the active span is the caller's.
 * @param {unknown} told
 */
function start(told) {
  const message = /** @type {Message} */ (told)
  const attributes = {
    'network.transport': message.net,
    'network.local.address': message.source?.toString() ?? '',
    'network.peer.address': message.addr?.toString() ?? '',
  }
  spans.set(message, tracer.startSpan(`net.${message.op}`, { kind: SpanKind.CLIENT, attributes }))
}

/**
 * The end of an operation, well or not.
 * @param {unknown} told
 */
function end(told) {
  const message = /** @type {Message} */ (told)
  const span = spans.get(message)
  if (message.error instanceof Error) {
    span?.recordException(message.error)
    span?.setStatus({ code: SpanStatusCode.ERROR, message: message.error.message })
  }
  span?.end()
}

for (const kind of ['dial', 'resolve']) {
  subscribe(`tracing:@net.${kind}:start`, start)
  subscribe(`tracing:@net.${kind}:asyncEnd`, end)
}

const listener = await listen('tcp', '127.0.0.1:0')
const address = listener.addr.toString().replace('127.0.0.1', 'localhost')
await tracer.startActiveSpan('work', async (span) => {
  const conn = await dial('tcp4', address)
  await conn.close()
  await listener.close()
  await dial('tcp4', address).catch(() => {}) // nobody is there any more: a span with an error
  span.end()
})

const finished = exporter.getFinishedSpans()
for (const { name, parentSpanContext, status } of finished) {
  const parent = finished.find((span) => span.spanContext().spanId === parentSpanContext?.spanId)
  const outcome = status.code === SpanStatusCode.ERROR ? 'failed' : 'done'
  if (parent !== undefined) console.log(`${name} below ${parent.name}: ${outcome}`)
}
await provider.shutdown()
