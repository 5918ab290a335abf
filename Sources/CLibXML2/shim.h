#ifndef POSTBOX_CLIBXML2_SHIM_H
#define POSTBOX_CLIBXML2_SHIM_H
#include <libxml/xmlversion.h>
// libxml2 may have been built with ICU; its headers then bring the system's ICU, whose declarations clash with those of the
// ICU inside Foundation. Only the inside of xmlCharEncodingHandler's last members depends on it, which nobody here touches.
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/SAX2.h>
#include <libxml/xmlerror.h>
#endif
