"""What the quickstart says, in Spanish and English."""

TEXTS = {
    "company": {
        "es": "Se funda la empresa: un servidor central, tres equipos, dos usuarios.",
        "en": "The company is founded: a hub, three machines, two users."},
    "company_done": {
        "es": "juan tiene cuenta propia; maria no: por ella envía la cuenta predeterminada.",
        "en": "juan has an account of his own; maria has none: the default one sends for her."},
    "offline": {
        "es": "Se corta la red. En la sucursal se encolan correos, uno con un PDF de 1 MiB.",
        "en": "The network is cut. The branch queues mail, one with a PDF of 1 MiB."},
    "queued": {
        "es": "{user}: correo {number} guardado en {milliseconds} ms, sin red",
        "en": "{user}: mail {number} stored in {milliseconds} ms, without a network"},
    "send_failed": {
        "es": "el correo no se pudo encolar: {detail}",
        "en": "the mail could not be queued: {detail}"},
    "edit": {
        "es": "Sin red, dos administradores cambian el mismo dato de manera distinta.",
        "en": "Without a network, two administrators change the same field differently."},
    "edited": {"es": "en {device}: «{value}»", "en": "on {device}: “{value}”"},
    "edit_failed": {
        "es": "el cambio no se pudo guardar: {detail}",
        "en": "the change could not be stored: {detail}"},
    "link": {
        "es": "Vuelve la red, pero el puerto de STARTTLS (587) está bloqueado en silencio.",
        "en": "The network is back, but the STARTTLS port (587) is silently blocked."},
    "arrived": {
        "es": "llegó «{subject}» desde {sender} (cuenta propia)",
        "en": "arrived: “{subject}” from {sender} (own account)"},
    "arrived_fallback": {
        "es": "llegó «{subject}» desde {sender} (predeterminada); responder a {reply}",
        "en": "arrived: “{subject}” from {sender} (default); replies go to {reply}"},
    "not_arrived": {
        "es": "llegaron {count} de {total} correos",
        "en": "{count} of {total} mails arrived"},
    "duplicates": {
        "es": "un correo llegó más de una vez", "en": "a mail arrived more than once"},
    "once": {
        "es": "los {total} correos llegaron una sola vez, por el otro puerto (465)",
        "en": "all {total} mails arrived exactly once, by the other port (465)"},
    "conflict": {
        "es": "Los dos cambios aparecen como conflicto en todos los equipos; se resuelve en uno.",
        "en": "Both changes show as a conflict on every machine; it is resolved on one."},
    "no_conflict": {
        "es": "el conflicto no apareció en todos los equipos",
        "en": "the conflict did not show on every machine"},
    "not_settled": {
        "es": "la resolución no llegó a todos los equipos",
        "en": "the resolution did not reach every machine"},
    "resolved": {
        "es": "resuelto en n2; los demás ya lo saben, y el historial lo conserva",
        "en": "resolved on n2; the others know, and the history keeps it"},
    "verify": {
        "es": "Cada equipo comprueba su registro: nada cambiado, quitado ni reordenado.",
        "en": "Each machine verifies its log: nothing changed, removed or reordered."},
    "verified": {"es": "{device}: correcto", "en": "{device}: correct"},
    "verify_failed": {
        "es": "el registro de {device} no se comprueba: {detail}",
        "en": "the log of {device} does not verify: {detail}"},
    "log": {
        "es": "El registro reunido, como lo lee la matriz:",
        "en": "The merged log, as head office reads it:"},
    "log_failed": {
        "es": "el registro no se pudo leer: {detail}", "en": "the log could not be read: {detail}"},
    "failed": {
        "es": "No salió como se cuenta: {detail}", "en": "It did not go as told: {detail}"},
    "done": {
        "es": "Listo, en {seconds} s. No queda nada de esto en el equipo.",
        "en": "Done, in {seconds} s. Nothing of this remains on the machine."},
}
