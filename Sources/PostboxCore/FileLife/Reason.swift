/// A stable word of ours that says what was wrong with a row or a file: the `reason` of results, summaries and logs.
///
/// `ofRows` and `ofFiles` list all that there are: a test holds the program and the article `Reasons` to them. The type is open, as an
/// older ledger or journal may hold a word that this version no longer gives.
package struct Reason: Sendable, Hashable {
    package let word: String

    /// The reason of that word, listed or not.
    package init(_ word: String) {
        self.word = word
    }

    // Of a file as a whole: who reads a file, or maps its rows, has words of its own.

    package static let cancelled = Reason("cancelled")
    package static let changedWhileRead = Reason("changed_while_read")
    package static let crashed = Reason("crashed")
    package static let duplicate = Reason("duplicate")
    package static let fileMissing = Reason("file_missing")
    package static let maxAge = Reason("max_age")
    package static let notReleased = Reason("not_released")
    package static let notAFile = Reason("not_a_file")
    package static let refusedByDesk = Reason("refused_by_desk")
    package static let rehearsed = Reason("rehearsed")
    package static let resultsMissing = Reason("results_missing")
    package static let tooManyRejected = Reason("too_many_rejected")
    package static let unknownFormat = Reason("unknown_format")
    package static let unreadable = Reason("unreadable")
}

// MARK: - The list

extension Reason {
    /// A reason with one sentence for people.
    package struct Entry: Sendable, Hashable {
        package let word: String
        package let meaning: String

        fileprivate init(_ word: String, _ meaning: String) {
            self.word = word
            self.meaning = meaning
        }
    }

    /// Of rows; a file may be refused for some of them, too.
    package static let ofRows: [Entry] = [
        Entry("above_max", "The value is above the `max` of a check."),
        Entry("ack_timeout", "The server did not answer within `ack_timeout`, and the row may not be sent again."),
        Entry("ambiguous_date", "A date with slashes or dots can be read in two ways."),
        Entry("ambiguous_enum", "The value can mean several values of the field in the dictionary."),
        Entry("ambiguous_fraction", "The last digit of a price in 32nds means different things in different markets."),
        Entry("ambiguous_time", "A local time does not exist or exists twice, in the night when clocks change."),
        Entry("bad_byte", "The row holds bytes that are no text of the file's encoding."),
        Entry("bad_date", "The value is no date of the calendar in a known form."),
        Entry("bad_enum", "The value is neither an enum's number nor a display text."),
        Entry("bad_escape", "A JSON string holds an escape that is none."),
        Entry("bad_field_name", "A column's name cannot be the name of a field."),
        Entry("bad_grouping", "Separators of thousands do not part groups of three digits."),
        Entry("bad_json", "The row is not JSON."),
        Entry("bad_post", "The value chooses neither Refresh nor Update."),
        Entry("bad_quote", "A quote stands where CSV allows none."),
        Entry("bad_ric", "The text cannot be a RIC."),
        Entry("bad_rule", "The rule for the file cannot be followed."),
        Entry("bad_time", "The value is no time of day in a known form."),
        Entry("below_min", "The value is below the `min` of a check."),
        Entry("boolean_value", "The value is true or false, which no field can hold."),
        Entry("cancelled", "Somebody cancelled the file."),
        Entry("changed_while_read", "The file was written to while it was contributed."),
        Entry("connection_lost", "The connection was lost, and the row may not be sent again."),
        Entry("control_in_text", "The text holds ESC, which a server would not store as it is."),
        Entry("crashed", "The file's contribution brought the program down several times."),
        Entry("damaged_text", "The text was decoded wrongly before it came here."),
        Entry("decimal_too_long", "The number does not fit a REAL exactly."),
        Entry("division_by_zero", "A formula divides by zero."),
        Entry("duplicate_column", "Two columns mean the same."),
        Entry("duplicate_key", "A JSON object names a member twice."),
        Entry("field_not_postable", "The field is of a type that no value of a price file can fill."),
        Entry("file_missing", "The file is gone from `work/`."),
        Entry("filled_nil", "An element of XML is nil and holds a value all the same."),
        Entry(
            "group_differs",
            "Lines of one group differ where they must agree, or give a field twice or a column's name."),
        Entry("held", "The row is held until somebody releases it; it is in a drop of its own."),
        Entry("in_doubt", "The row was in flight when an earlier run ended."),
        Entry("in_doubt_before", "The server refused the row; an earlier try of it had no answer."),
        Entry("in_the_future", "The date is later than a check of the rule allows."),
        Entry("left_out", "The row was left out when others of its file were released."),
        Entry("like_no_number", "The value begins as Inf or NaN do, and would be stored as one."),
        Entry("line_break", "The value holds a line break."),
        Entry("max_age", "The row was not sent within `max_age`."),
        Entry("may_have_been_sent", "Of a superseded row: it may have been sent."),
        Entry("message_too_long", "The post would be longer than the server takes."),
        Entry("moved_too_far", "The value is too far from the one that is known of its instrument."),
        Entry("nested_value", "The value is a list or an object."),
        Entry("never_sent", "Of a superseded row: it was never sent."),
        Entry("no_fields", "The row has no value to post."),
        Entry("no_last_value", "Nothing is known of the instrument that the value could be compared with."),
        Entry("no_match", "The value does not fit the rule's `extract`."),
        Entry("no_ric", "The row has no RIC."),
        Entry("not_a_date", "The value is no date or time of the rule's form."),
        Entry("not_a_decimal", "The value is no plain decimal."),
        Entry("not_a_number", "The value is no number that can be posted."),
        Entry("not_an_integer", "The value is no whole number of 64 bits."),
        Entry("not_an_object", "A row of JSON is no object."),
        Entry("not_ascii", "The text has characters beyond ASCII, and the field holds ASCII alone."),
        Entry("not_in_enum", "The value is not among the field's values in the dictionary."),
        Entry("not_in_map", "The word is not among those of the rule's `map`."),
        Entry("not_in_table", "The key is not in the rule's table."),
        Entry("not_ordered", "Values of the row are not in the order that a check wants."),
        Entry("not_released", "The file was held, and nobody released it in time."),
        Entry(
            "off_by_factor", "The value is about a factor away from the one that is known, as pounds are from pence."),
        Entry("out_of_range", "The number is out of the range that the field holds."),
        Entry("overtaken", "A newer row for the same RIC was accepted before this one was sent."),
        Entry("ragged_row", "The row has more or fewer cells than the header."),
        Entry("refresh_not_allowed", "The destination takes Updates only."),
        Entry("refused_by_desk", "Somebody refused the file, which was held."),
        Entry("rehearsed", "The destination only rehearses (`rehearse: true`): the row was checked, and not posted."),
        Entry("repeated_header", "The row equals the header."),
        Entry("ric_too_long", "The RIC is longer than 255 bytes."),
        Entry("row_condition", "The row does not meet a condition of the rule."),
        Entry("row_too_long", "The row is longer than can be read."),
        Entry("spoiled_identifier", "An identifier was turned into a number by a spreadsheet."),
        Entry("spread_too_wide", "Two values of the row are too far apart."),
        Entry("spreadsheet_error", "The row holds an error or a formula of a spreadsheet."),
        Entry("text_too_long", "The text is longer than the field."),
        Entry("too_deep", "The row is nested too deeply."),
        Entry("too_many_columns", "The file has more columns than can be read."),
        Entry(
            "too_many_nacked",
            "The server refused more rows of the file than `max_nacked` allows; the rest was not sent."),
        Entry("too_old", "The date is older than a check of the rule allows."),
        Entry("truncated", "The file ends within a row."),
        Entry("unchanged", "The value is the same in too many files in a row: it may be stale."),
        Entry("unchecked_enum", "There is no list that an enum's text could be checked with."),
        Entry("unknown_column", "The file has no such column, which a rule or the plain mapping needs."),
        Entry("unknown_entity", "XML names an entity that is not known."),
        Entry("unknown_enum_value", "The text is not among the field's values."),
        Entry("unknown_instrument", "The RIC is not in the table that a check names."),
        Entry("unknown_service", "The service is not among the destination's."),
        Entry("unreadable_answer", "The server's answer cannot be understood: it may be a refusal."),
        Entry("withdrawal", "The row replaces a wrong value, and a second person has to release it."),
    ]

    /// Of files alone.
    package static let ofFiles: [Entry] = [
        Entry("ambiguous_column", "The file has two of the names that a rule gives for one column."),
        Entry(
            "ambiguous_path", "A path from the document's root leads to several values, none of which encloses the row."
        ),
        Entry("archive_damaged", "The packed file is damaged, cut off, or not packed."),
        Entry("archive_members", "The archive does not hold exactly one file that is meant."),
        Entry("arrays_differ", "Arrays that are read side by side have different lengths."),
        Entry("bad_xml", "The file is not XML."),
        Entry("checksum_mismatch", "The file is not the one that its checksum was made of."),
        Entry("checksum_unreadable", "The checksum beside the file holds no digest."),
        Entry("doctype", "XML with a DOCTYPE is not read."),
        Entry("duplicate", "The same content was contributed before."),
        Entry("empty_file", "The file is empty."),
        Entry("end_marker_missing", "The line that ends the rows is not there: the file may be cut off."),
        Entry("expands_too_far", "The packed file unpacks to more than is allowed."),
        Entry("group_split", "A group of lines comes again later in the file."),
        Entry("header_missing", "The header is not where the rule says."),
        Entry("is_binary", "The file is no text."),
        Entry("layout_changed", "The file looks other than the last good file of its rule."),
        Entry("looks_like_a_spreadsheet", "The file is a workbook, not what its name says."),
        Entry("looks_like_html", "The file is a web page, not what its name says."),
        Entry("looks_packed", "The file is packed, although its name does not say so."),
        Entry("missing_instruments", "Instruments of the table that a check names are not in the file."),
        Entry("mixed_decimal_marks", "A column has numbers with a decimal comma and with a decimal point."),
        Entry("mixed_elements", "The elements below the root have different names."),
        Entry("no_final_newline", "The last line has no line end: it may be cut off."),
        Entry("no_rows", "The file has no rows."),
        Entry("no_rule", "No rule is for a file of that name."),
        Entry("not_a_file", "It is no regular file."),
        Entry("not_an_array", "JSON that is an object, and not an array of rows."),
        Entry("not_json_lines", "The lines are those of one JSON document, not one object each."),
        Entry("padded_with_nuls", "The file ends in NUL bytes: it was not written to its end."),
        Entry("results_missing", "Results of newer files that a correction is held against are gone."),
        Entry(
            "rows_differ", "The rule takes `$row`, and the file of rejects does not have the rows that Postbox wrote."),
        Entry("rows_missing", "The path where the rows are is nowhere in the file."),
        Entry("start_marker_missing", "The line behind which the rows begin is not there."),
        Entry("stray_text", "Text stands between the elements of XML."),
        Entry("too_few_rows", "The file has fewer rows than a check wants."),
        Entry("too_many_rejected", "More rows are rejected than `max_rejected` allows."),
        Entry("too_many_values", "What must be kept of a document besides its rows is more than can be kept."),
        Entry("trailer_count", "The trailer counts other rows."),
        Entry("trailer_misplaced", "The trailer is not the last row, or there are two."),
        Entry("trailer_missing", "There is no trailer."),
        Entry("trailer_sum", "The trailer's sum is another one."),
        Entry("unclosed_quote", "A quote is never closed."),
        Entry("unknown_encoding", "The file's encoding is not known."),
        Entry("unknown_field", "A column is no field of the dictionary."),
        Entry("unknown_format", "The name's ending tells no format."),
        Entry("unknown_original", "There is no drop that the rejects came from."),
        Entry("unreadable", "The file cannot be read."),
    ]

    /// Every listed word, in order.
    package static let words = (ofRows + ofFiles).map(\.word).sorted()
}
