"""What the quickstart says, in Spanish and English."""

TEXTS = {
    "company": {
        "es": "Se funda una empresa: un servidor central y tres equipos (n1, n2, n3), aquí "
              "mismo.",
        "en": "A company is founded: a hub and three machines (n1, n2, n3), all of them here."},
    "not_known": {
        "es": "{device} debería conocer a n1, n2 y n3; conoce a {known}",
        "en": "{device} should know n1, n2 and n3; it knows {known}"},
    "company_done": {
        "es": "juan tiene cuenta propia; maria no: por ella envía la cuenta predeterminada.",
        "en": "juan has an account of his own; maria has none: the default one sends for her."},
    "ports": {
        "es": "el servidor de correo atiende en el puerto {open} (hace de 465, TLS); el puerto "
              "{silent}\n   hace de 587 (STARTTLS) y no contesta, como detrás de un antivirus "
              "que lo bloquea",
        "en": "the mail server answers on port {open} (it plays 465, TLS); port {silent} plays "
              "587\n   (STARTTLS) and never answers, as behind an antivirus that blocks it"},
    "port_not_open": {
        "es": "el puerto {port} del servidor de correo no atiende",
        "en": "port {port} of the mail server does not answer"},
    "port_not_silent": {
        "es": "el puerto {port} debería estar bloqueado y contesta",
        "en": "port {port} should be blocked, and answers"},
    "offline": {
        "es": "Se cae la red: ni servidor central ni correo. En n1 se escriben correos, uno con "
              "un PDF.",
        "en": "The network fails: no hub, no mail server. On n1 people write mails, one with a "
              "PDF of 1 MiB."},
    "still_online": {
        "es": "la red debería estar cortada, y n1 llegó al servidor central",
        "en": "the network should be cut, and n1 reached the hub"},
    "queued": {
        "es": "{user}: correo {number} guardado en {milliseconds} ms, sin red",
        "en": "{user}: mail {number} stored in {milliseconds} ms, without a network"},
    "send_failed": {
        "es": "el correo no se pudo encolar: {detail}",
        "en": "the mail could not be queued: {detail}"},
    "not_queued": {
        "es": "los correos deberían estar en cola; están: {states}",
        "en": "the mails should be queued; they are: {states}"},
    "left_offline": {
        "es": "un correo salió sin red",
        "en": "a mail left without a network"},
    "edit": {
        "es": "Sin red, dos administradores cambian el mismo dato de manera distinta.",
        "en": "Without a network, two administrators change the same field differently."},
    "edited": {
        "es": "en {device}: «{value}»",
        "en": "on {device}: “{value}”"},
    "edit_failed": {
        "es": "el cambio no se pudo guardar: {detail}",
        "en": "the change could not be stored: {detail}"},
    "link": {
        "es": "Vuelve la red; el 587 sigue bloqueado. Un equipo elegido envía por todos.",
        "en": "The network is back; 587 stays blocked. One elected machine sends for all."},
    "arrived": {
        "es": "llegó «{subject}» desde {sender} (cuenta propia)",
        "en": "arrived: “{subject}” from {sender} (own account)"},
    "arrived_fallback": {
        "es": "llegó «{subject}» desde {sender} (predeterminada);\n      responder a {reply}",
        "en": "arrived: “{subject}” from {sender} (default);\n      replies go to {reply}"},
    "not_arrived": {
        "es": "llegaron {count} de {total} correos",
        "en": "{count} of {total} mails arrived"},
    "wrong_sender": {
        "es": "«{subject}» llegó desde {sender}, responder a «{reply}»: no es lo prometido",
        "en": "“{subject}” arrived from {sender}, replies to “{reply}”: that is not what "
              "was promised"},
    "duplicates": {
        "es": "lo que llegó no es cada correo una vez: {detail}",
        "en": "what arrived is not each mail once: {detail}"},
    "not_in_log": {
        "es": "el registro debería tener {total} envíos; tiene {count}",
        "en": "the log should have {total} mails sent; it has {count}"},
    "wrong_port": {
        "es": "los correos salieron por {ports}",
        "en": "the mails left by {ports}"},
    "once": {
        "es": "los {total} correos llegaron una sola vez; los envió {senders} por el puerto "
              "{port}",
        "en": "all {total} mails arrived exactly once; {senders} sent them by port {port}"},
    "dropped": {
        "es": "el registro lo dice: el puerto {port} está cortado en silencio (TCP_DROP)",
        "en": "the log says so: port {port} is dropped silently (TCP_DROP)"},
    "drop_not_in_log": {
        "es": "el registro no dice que el puerto {port} esté cortado",
        "en": "the log does not say that port {port} is dropped"},
    "conflict": {
        "es": "Los dos cambios son un conflicto, el mismo en los tres equipos; se resuelve en "
              "n2.",
        "en": "Both changes are a conflict, the same on all three machines; it is resolved on "
              "n2."},
    "no_conflict": {
        "es": "el mismo conflicto debería verse en los tres equipos; se ve: {detail}",
        "en": "the same conflict should show on all three machines; what shows: {detail}"},
    "not_settled": {
        "es": "la resolución no llegó a todos los equipos",
        "en": "the resolution did not reach every machine"},
    "forgotten": {
        "es": "el historial de {device} perdió un valor",
        "en": "the history of {device} lost a value"},
    "resolved": {
        "es": "«{value}» vale ya en los tres, y el historial conserva los dos cambios",
        "en": "“{value}” now holds on all three, and the history keeps both changes"},
    "takeover": {
        "es": "Más correos; el equipo que envía muere de golpe (kill -9) en plena entrega.",
        "en": "More mails; the machine that sends dies at once (kill -9) in the middle of a "
              "delivery."},
    "nobody_sends": {
        "es": "ningún equipo empezó a enviar",
        "en": "no machine began to send"},
    "not_offered": {
        "es": "los correos no llegaron al servidor central",
        "en": "the mails did not reach the hub"},
    "killed": {
        "es": "{device} murió después de entregar un texto, antes de oír la respuesta; ahora "
              "los\n   demás esperan a que venza su turno (hasta 15 s)",
        "en": "{device} died after it had handed over a text, before it heard the answer; now "
              "the\n   others wait until its turn expires (up to 15 s)"},
    "not_taken_over": {
        "es": "nadie tomó el relevo: {count} correos sin enviar",
        "en": "nobody took over: {count} mails are not sent"},
    "no_heir": {
        "es": "ningún otro equipo envió los correos que faltaban",
        "en": "no other machine sent the mails that were left"},
    "taken_over": {
        "es": "{device} tomó el relevo y envió los {count} correos que se escribieron después",
        "en": "{device} took over and sent the {count} mails that were written afterwards"},
    "doubts": {
        "es": "{count} que el muerto tenía en sus manos quedan «inciertos»: nadie los repite",
        "en": "{count} that the dead machine had in hand are in doubt: nobody repeats them"},
    "no_doubt": {
        "es": "el correo interrumpido debería estar como incierto",
        "en": "the mail that was caught should be in doubt"},
    "not_narrowed": {
        "es": "{count} correos siguen inciertos aunque su texto no llegó a salir",
        "en": "{count} mails are still in doubt although their text never began to leave"},
    "narrowed": {
        "es": "{device} vuelve, y su diario confirma que el texto de {count} sí salió",
        "en": "{device} returns; its journal confirms that the text of {count} had left"},
    "doubt": {
        "es": "«{subject}» pudo haber llegado: decide una persona, nunca la máquina",
        "en": "“{subject}” may have arrived: a person decides, never the machine"},
    "declared_sent": {
        "es": "el servidor de correo sí lo tiene: una persona lo da por enviado",
        "en": "the mail server has it: a person declares it sent"},
    "resend": {
        "es": "el servidor de correo no lo tiene: una persona permite un envío más",
        "en": "the mail server does not have it: a person allows one more attempt"},
    "not_decided": {
        "es": "la decisión no se aceptó: {detail}",
        "en": "the decision was not accepted: {detail}"},
    "still_doubtful": {
        "es": "el correo sigue incierto después de la decisión",
        "en": "the mail is still in doubt after the decision"},
    "all_once": {
        "es": "los {total} correos llegaron, cada uno una sola vez",
        "en": "all {total} mails arrived, each exactly once"},
    "verify": {
        "es": "Cada equipo comprueba el registro: nada cambiado, quitado ni reordenado.",
        "en": "Each machine verifies the log: nothing changed, removed or reordered."},
    "verified": {
        "es": "{device}: correcto",
        "en": "{device}: correct"},
    "verify_failed": {
        "es": "el registro de {device} no se comprueba: {detail}",
        "en": "the log of {device} does not verify: {detail}"},
    "differing": {
        "es": "los equipos no tienen lo mismo: {names}",
        "en": "the machines do not hold the same: {names}"},
    "same": {
        "es": "y los cuatro (el servidor central también) tienen lo mismo",
        "en": "and all four (the hub too) hold the same"},
    "secrets": {
        "es": "Se buscan contraseñas y asuntos en claro en todos sus archivos (también en "
              "base64).",
        "en": "Passwords and subjects are searched in the clear in all their files (base64 too)."},
    "leaked": {
        "es": "se encontró en claro: {detail}",
        "en": "found in the clear: {detail}"},
    "search_is_blind": {
        "es": "la búsqueda no encuentra ni lo que sí está",
        "en": "the search does not find even what is there"},
    "not_leaked": {
        "es": "ninguno: réplicas, servidor central y bitácoras no dejan leer nada",
        "en": "none: the replicas, the hub and its logs let nothing be read"},
    "log": {
        "es": "El registro reunido, como lo lee la matriz:",
        "en": "The merged log, as head office reads it:"},
    "log_failed": {
        "es": "el registro no se pudo leer: {detail}",
        "en": "the log could not be read: {detail}"},
    "failed": {
        "es": "No salió como se cuenta: {detail}",
        "en": "It did not go as told: {detail}"},
    "kept": {
        "es": "los archivos quedan en {folder}",
        "en": "the files stay in {folder}"},
    "not_removed": {
        "es": "no se pudo borrar {folder}",
        "en": "{folder} could not be removed"},
    "done": {
        "es": "Listo, en {seconds} s. No queda nada de esto en el equipo.",
        "en": "Done, in {seconds} s. Nothing of this remains on the machine."},
}
