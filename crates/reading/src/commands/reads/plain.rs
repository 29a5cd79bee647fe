//! The short list of commands that only read, with the options that keep them so. Data.

use super::Operands::{self, Content, Format, Names, OneContent, PatternThenContent};
use super::{Plain, counted, row};

/// Options left out on purpose: those that write a file (`sort -o`, `tree -o`, `file -C`), run a program (`rg --pre`,
/// `rg -z`, `sort --compress-program`, `diff -l`), set something (`date -s`, `hostname NAME`) or read names of
/// more files from a file (`--files0-from`).
pub(super) const PLAIN: &[Plain] = &[
    row(
        "ls",
        "1AaBCcdFfGgHhIiklLmNnopqQrRSstTuUvwXxZ",
        "",
        "all almost-all author classify[=] color[=] dereference directory full-time \
         group-directories-first human-readable inode no-group numeric-uid-gid recursive reverse \
         si size sort= time= time-style= ignore= hide=",
        Names,
    ),
    row("pwd", "LP", "", "logical physical", Operands::None),
    row(
        "cat",
        "AbeEnstTuv",
        "",
        "number number-nonblank show-all show-ends show-nonprinting show-tabs squeeze-blank",
        Content,
    ),
    row("tac", "br", "s", "", Content),
    row("nl", "p", "bdfhilnsvw", "", Content),
    counted(row("head", "qvz", "cn", "bytes= lines= quiet silent verbose zero-terminated", Content)),
    counted(row(
        "tail",
        "fFqvz",
        "cns",
        "bytes= lines= quiet silent verbose zero-terminated follow[=] retry sleep-interval=",
        Content,
    )),
    row("wc", "clmwL", "", "bytes chars lines words max-line-length", Names),
    row("true", "", "", "", Names),
    row("false", "", "", "", Names),
    row(":", "", "", "", Names),
    row("date", "uR", "dr", "date= reference= utc universal rfc-email rfc-3339= iso-8601[=]", Format),
    row("whoami", "", "", "", Operands::None),
    row("groups", "", "", "", Names),
    row("id", "agGnruzZ", "", "group groups name real user zero", Names),
    row("uname", "asnrvmpio", "", "all kernel-name kernel-release machine operating-system", Operands::None),
    row("hostname", "fsidIA", "", "fqdn short all-ip-addresses", Operands::None),
    row("arch", "", "", "", Operands::None),
    row("nproc", "", "", "all ignore=", Operands::None),
    row("uptime", "ps", "", "pretty since", Operands::None),
    row("free", "bghkmtw", "", "human total wide mega giga", Operands::None),
    row("stat", "LftZ", "c", "dereference file-system format= printf= terse", Names),
    row("file", "bhiLkNnr0", "", "brief mime mime-type mime-encoding dereference no-dereference", Names),
    row(
        "du",
        "0abchHklmLPsSxD",
        "dBt",
        "all apparent-size block-size= bytes human-readable max-depth= summarize total \
         one-file-system si exclude= threshold= time[=]",
        Names,
    ),
    row(
        "df",
        "ahHiklPT",
        "Btx",
        "all human-readable inodes local portability print-type si total type= exclude-type= \
         output[=]",
        Names,
    ),
    counted(row("grep", GREP_FLAGS, "eABCDdfm", GREP_LONG, PatternThenContent)),
    counted(row("egrep", GREP_FLAGS, "eABCDdfm", GREP_LONG, PatternThenContent)),
    counted(row("fgrep", GREP_FLAGS, "eABCDdfm", GREP_LONG, PatternThenContent)),
    row(
        "rg",
        "acFHhiIlLnNopPqsSUuvVwx0.",
        "eABCEgmMjtTdf",
        "after-context= before-context= case-sensitive color= column context= count count-matches \
         files files-with-matches files-without-match fixed-strings follow glob= \
         glob-case-insensitive heading no-heading hidden iglob= ignore-case invert-match json \
         line-number no-line-number line-regexp max-columns= max-count= max-depth= max-filesize= \
         multiline multiline-dotall no-config no-filename no-ignore no-ignore-vcs no-messages \
         null only-matching path-separator= pcre2 pretty quiet regexp= replace= smart-case sort= \
         sortr= stats text threads= trim type= type-not= type-list unrestricted version vimgrep \
         with-filename word-regexp",
        PatternThenContent,
    ),
    row(
        "tree",
        "aACdDfFghiJlnNpqQrsStuUvxX",
        "LPI",
        "dirsfirst du filelimit= gitignore ignore-case matchdirs noreport prune si inodes device",
        Names,
    ),
    row("which", "as", "", "", Names),
    row("type", "afptP", "", "", Names),
    row("basename", "az", "s", "multiple suffix= zero", Names),
    row("dirname", "z", "", "zero", Names),
    row(
        "realpath",
        "emLPqsz",
        "",
        "canonicalize-existing canonicalize-missing no-symlinks quiet relative-base= relative-to= \
         strip zero",
        Names,
    ),
    row("readlink", "efmnqsvz", "", "canonicalize no-newline", Names),
    row(
        "sort",
        "bcCdfghiMmnRrsuVz",
        "ktS",
        "check[=] dictionary-order field-separator= general-numeric-sort human-numeric-sort \
         ignore-case key= merge month-sort numeric-sort parallel= random-sort reverse stable \
         unique version-sort zero-terminated",
        Content,
    ),
    row("uniq", "cdDiuz", "fsw", "count repeated unique ignore-case skip-fields= skip-chars=", OneContent),
    row(
        "cut",
        "nsz",
        "bcdf",
        "bytes= characters= complement delimiter= fields= only-delimited output-delimiter= \
         zero-terminated",
        Content,
    ),
    row("tr", "cCdst", "", "complement delete squeeze-repeats truncate-set1", Names),
    row("comm", "123z", "", "check-order nocheck-order output-delimiter= total", Content),
    row("paste", "sz", "d", "delimiters= serial", Content),
    row("join", "iz", "12jtaeov", "", Content),
    row("fold", "bs", "w", "bytes spaces width=", Content),
    row("column", "tx", "csNo", "table separator= output-separator=", Content),
    counted(row(
        "diff",
        "abBcdeEiNnpqrstTuwyZ",
        "UCFIWxX",
        "brief color[=] context[=] exclude= ignore-all-space ignore-blank-lines ignore-case \
         ignore-space-change new-file no-dereference recursive report-identical-files \
         side-by-side strip-trailing-cr suppress-common-lines text unified[=] width=",
        Content,
    )),
    row("cmp", "bls", "in", "bytes= ignore-initial= print-bytes quiet silent verbose", Content),
    row("sha256sum", "bctwz", "", SUM_LONG, Names),
    row("sha512sum", "bctwz", "", SUM_LONG, Names),
    row("sha1sum", "bctwz", "", SUM_LONG, Names),
    row("md5sum", "bctwz", "", SUM_LONG, Names),
    row("b2sum", "bctwz", "l", SUM_LONG, Names),
    row("cksum", "", "", "", Names),
    row("strings", "af", "net", "all bytes=", Content),
    row("od", "bcdfilosvx", "AjNtw", "", Content),
    row("hexdump", "bcCdovx", "ns", "", Content),
    row("seq", "w", "fs", "equal-width format= separator=", Names),
    row("sleep", "", "", "", Names),
];

const GREP_FLAGS: &str = "abcEFGHhIiLlnoPqRrsTUVvwxyZz";
const GREP_LONG: &str = "after-context= basic-regexp before-context= binary-files= byte-offset color[=] colour[=] \
         context= count dereference-recursive exclude= exclude-dir= extended-regexp \
         files-with-matches files-without-match fixed-strings ignore-case include= initial-tab \
         invert-match label= line-buffered line-number line-regexp max-count= no-filename \
         no-ignore-case no-messages null only-matching perl-regexp quiet recursive regexp= silent \
         text version with-filename word-regexp";
const SUM_LONG: &str = "binary check ignore-missing quiet status strict tag text zero";
