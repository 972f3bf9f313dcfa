//! Trace context carried from record to record (W3C `traceparent`). Never keeps baggage.

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Links of one span at most: a batch may hold a thousand records, and a sample shows where they came from.
pub const LINKS_MAX: u32 = 16;

/// Reads a `traceparent`; `None` for anything that the W3C recommendation calls invalid.
#[must_use]
pub fn parse(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.trim().split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let lower = |text: &str, length: usize| {
        text.len() == length
            && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    if !lower(version, 2) || version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    if !lower(trace, 32) || !lower(span, 16) || !lower(flags, 2) {
        return None;
    }
    let flags = u8::from_str_radix(flags, 16).ok()?;
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(flags) & TraceFlags::SAMPLED,
        true,
        TraceState::NONE,
    );
    context.is_valid().then_some(context)
}

/// Puts a span, before it is entered, where its records come from: one context is its parent, so that the trace goes on;
/// of several the first [`LINKS_MAX`] are linked, since a span has one parent.
pub fn follow<'a>(span: &Span, traceparents: impl Iterator<Item = &'a str>) {
    let mut contexts: Vec<SpanContext> = Vec::new();
    for context in traceparents.filter_map(parse) {
        if contexts.len() == LINKS_MAX as usize {
            break;
        }
        if !contexts.contains(&context) {
            contexts.push(context);
        }
    }
    if let [only] = contexts.as_slice() {
        let parent = opentelemetry::Context::new().with_remote_span_context(only.clone());
        // Without an exporter there is nothing to put anywhere.
        let _ = span.set_parent(parent);
        return;
    }
    for context in contexts {
        span.add_link(context);
    }
}

/// The `traceparent` of a span, when it is exported.
#[must_use]
pub fn of(span: &Span) -> Option<String> {
    let context = span.context();
    let span = context.span();
    let context = span.span_context();
    context.is_valid().then(|| {
        format!("00-{}-{}-{:02x}", context.trace_id(), context.span_id(), context.trace_flags().to_u8())
    })
}
