/// A stable word of ours that says what was wrong with a row or a file: the `reason` of results, summaries and logs.
///
/// These are all that there are. A test holds the program and the article `Reasons` to them.
package struct Reason: Sendable, Hashable {
    package let word: String
    /// One sentence for people.
    package let meaning: String

    private init(_ word: String, _ meaning: String) {
        self.word = word
        self.meaning = meaning
    }

    /// Of rows; a file may be refused for some of them, too.
    package static let ofRows: [Reason] = [
        Reason("ack_timeout", "The server did not answer within `ack_timeout`, and the row may not be sent again."),
        Reason("ambiguous_date", "A date with slashes or dots can be read in two ways."),
        Reason("bad_byte", "The row holds bytes that are no text of the file's encoding."),
        Reason("bad_date", "The value is no date of the calendar in a known form."),
        Reason("bad_enum", "The value is neither an enum's number nor a display text."),
        Reason("bad_escape", "A JSON string holds an escape that is none."),
        Reason("bad_field_name", "A column's name cannot be the name of a field."),
        Reason("bad_json", "The row is not JSON."),
        Reason("bad_post", "The value chooses neither Refresh nor Update."),
        Reason("bad_quote", "A quote stands where CSV allows none."),
        Reason("bad_ric", "The text cannot be a RIC."),
        Reason("bad_rule", "The rule for the file cannot be followed."),
        Reason("bad_time", "The value is no time of day in a known form."),
        Reason("boolean_value", "The value is true or false, which no field can hold."),
        Reason("cancelled", "Somebody cancelled the file."),
        Reason("changed_while_read", "The file was written to while it was contributed."),
        Reason("connection_lost", "The connection was lost, and the row may not be sent again."),
        Reason("control_in_text", "The text holds ESC, which a server would not store as it is."),
        Reason("crashed", "The file's contribution brought the program down several times."),
        Reason("decimal_too_long", "The number does not fit a REAL exactly."),
        Reason("duplicate_column", "Two columns mean the same."),
        Reason("duplicate_key", "A JSON object names a member twice."),
        Reason("file_missing", "The file is gone from `work/`."),
        Reason("filled_nil", "An element of XML is nil and holds a value all the same."),
        Reason("in_doubt", "The row was in flight when an earlier run ended."),
        Reason("in_doubt_before", "The server refused the row; an earlier try of it had no answer."),
        Reason("like_no_number", "The value begins as Inf or NaN do, and would be stored as one."),
        Reason("line_break", "The value holds a line break."),
        Reason("max_age", "The row was not sent within `max_age`."),
        Reason("may_have_been_sent", "Of a superseded row: it may have been sent."),
        Reason("message_too_long", "The post would be longer than the server takes."),
        Reason("nested_value", "The value is a list or an object."),
        Reason("never_sent", "Of a superseded row: it was never sent."),
        Reason("no_fields", "The row has no value to post."),
        Reason("no_ric", "The row has no RIC."),
        Reason("not_a_decimal", "The value is no plain decimal."),
        Reason("not_a_number", "The value is no number that can be posted."),
        Reason("not_an_integer", "The value is no whole number of 64 bits."),
        Reason("not_an_object", "A row of JSON is no object."),
        Reason("overtaken", "A newer row for the same RIC was accepted before this one was sent."),
        Reason("ragged_row", "The row has more or fewer cells than the header."),
        Reason("refresh_not_allowed", "The destination takes Updates only."),
        Reason("repeated_header", "The row equals the header."),
        Reason("ric_too_long", "The RIC is longer than 255 bytes."),
        Reason("row_too_long", "The row is longer than can be read."),
        Reason("spoiled_identifier", "An identifier was turned into a number by a spreadsheet."),
        Reason("spreadsheet_error", "The row holds an error or a formula of a spreadsheet."),
        Reason("too_deep", "The row is nested too deeply."),
        Reason("too_many_columns", "The file has more columns than can be read."),
        Reason("truncated", "The file ends within a row."),
        Reason("unchecked_enum", "There is no list that an enum's text could be checked with."),
        Reason("unknown_column", "The file has no such column, which a rule or the plain mapping needs."),
        Reason("unknown_entity", "XML names an entity that is not known."),
        Reason("unknown_enum_value", "The text is not among the field's values."),
        Reason("unknown_service", "The service is not among the destination's."),
        Reason("unreadable_answer", "The server's answer cannot be understood: it may be a refusal."),
    ]

    /// Of files alone.
    package static let ofFiles: [Reason] = [
        Reason("bad_xml", "The file is not XML."),
        Reason("checksum_mismatch", "The file is not the one that its checksum was made of."),
        Reason("checksum_unreadable", "The checksum beside the file holds no digest."),
        Reason("doctype", "XML with a DOCTYPE is not read."),
        Reason("duplicate", "The same content was contributed before."),
        Reason("empty_column_name", "A column has no name."),
        Reason("empty_file", "The file is empty."),
        Reason("mixed_decimal_marks", "A column has numbers with a decimal comma and with a decimal point."),
        Reason("mixed_elements", "The elements below the root have different names."),
        Reason("no_final_newline", "The last line has no line end: it may be cut off."),
        Reason("no_rows", "The file has no rows."),
        Reason("no_rule", "No rule is for a file of that name."),
        Reason("not_a_file", "It is no regular file."),
        Reason("not_an_array", "JSON that is an object, and not an array of rows."),
        Reason("not_json_lines", "The lines are those of one JSON document, not one object each."),
        Reason("padded_with_nuls", "The file ends in NUL bytes: it was not written to its end."),
        Reason("results_missing", "Results of newer files that a correction is held against are gone."),
        Reason("stray_text", "Text stands between the elements of XML."),
        Reason("too_many_rejected", "More rows are rejected than `max_rejected` allows."),
        Reason("trailer_count", "The trailer counts other rows."),
        Reason("trailer_misplaced", "The trailer is not the last row, or there are two."),
        Reason("trailer_missing", "There is no trailer."),
        Reason("trailer_sum", "The trailer's sum is another one."),
        Reason("unclosed_quote", "A quote is never closed."),
        Reason("unknown_encoding", "The file's encoding is not known."),
        Reason("unknown_format", "The name's ending tells no format."),
        Reason("unknown_original", "There is no drop that the rejects came from."),
        Reason("unreadable", "The file cannot be read."),
    ]

    /// Every word, in order.
    package static let words = (ofRows + ofFiles).map(\.word).sorted()
}
