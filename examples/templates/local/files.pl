#!/usr/bin/perl
# Shows a directory in the browser, read-only. Needs nothing but Debian's perl-base.
use strict;
use warnings;
use IO::Socket::INET;

my ($root, $port) = @ARGV;
my $server = IO::Socket::INET->new(
    LocalAddr => '127.0.0.1', LocalPort => $port, Proto => 'tcp', Listen => 64, ReuseAddr => 1,
) or die "cannot listen on port $port: $!\n";
$SIG{CHLD} = 'IGNORE';
$SIG{PIPE} = 'IGNORE';
$| = 1;
print "listening on 127.0.0.1:$port\n";

while (1) {
    my $client = $server->accept or next;
    my $child = fork;
    if (!defined $child || $child) { close $client; next; }
    close $server;
    alarm 60;
    answer($client);
    exit 0;
}

sub answer {
    my ($client) = @_;
    my $request = <$client> // return;
    my $headers = 0;
    while (defined(my $line = <$client>)) { last if $line =~ /^\r?\n$/ || ++$headers > 200; }
    my ($method, $target) = $request =~ m{^(GET|HEAD) (\S+) HTTP/1\.[01]\r?\n$} or return reply($client, 400, 'text/plain', "bad request\n");
    (my $path = $target) =~ s/[?#].*//;
    $path =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
    return reply($client, 404, 'text/plain', "not found\n") if $path !~ m{^/} || $path =~ m{(^|/)\.\.(/|$)} || $path =~ /\0/;
    my $full = $root . $path;
    if (-d $full) {
        return reply($client, 302, 'text/plain', "moved\n", 'Location: ' . leaf($path) . '/') if $path !~ m{/$};
        return reply($client, 200, 'text/html; charset=utf-8', listing($full, $path), '', $method);
    }
    return reply($client, 404, 'text/plain', "not found\n") unless -f $full;
    open my $file, '<:raw', $full or return reply($client, 403, 'text/plain', "not readable\n");
    print $client "HTTP/1.1 200 OK\r\nContent-Type: " . type($full) . "\r\nContent-Length: " . (-s $full)
        . "\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";
    return if $method eq 'HEAD';
    my $block;
    while (read $file, $block, 65536) { alarm 60; print $client $block or last; }
}

sub reply {
    my ($client, $status, $type, $body, $extra, $method) = @_;
    $extra = $extra ? "$extra\r\n" : '';
    print $client "HTTP/1.1 $status Answer\r\nContent-Type: $type\r\nContent-Length: " . length($body) . "\r\n${extra}Connection: close\r\n\r\n";
    print $client $body unless ($method // 'GET') eq 'HEAD';
}

sub listing {
    my ($full, $path) = @_;
    opendir my $dir, $full or return "<p>not readable</p>\n";
    my @names = sort grep { !/^\./ } readdir $dir;
    my @rows = map { my $slash = -d "$full/$_" ? '/' : ''; '<li><a href="' . link_to($_) . "$slash\">" . html($_) . "$slash</a></li>" } @names;
    unshift @rows, '<li><a href="../">../</a></li>' if $path ne '/';
    my $title = html($path);
    return "<!doctype html><meta name=viewport content='width=device-width'><title>$title</title>"
        . "<style>body{font:16px/1.6 system-ui;margin:2rem;color-scheme:light dark}ul{list-style:none;padding:0}</style>"
        . "<h1>$title</h1><ul>" . join('', @rows) . "</ul>\n";
}

sub leaf { my ($path) = @_; my ($name) = $path =~ m{([^/]+)$}; return link_to($name // ''); }
sub link_to { my ($text) = @_; $text =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge; return "./$text"; }
sub html { my ($text) = @_; $text =~ s/&/&amp;/g; $text =~ s/</&lt;/g; $text =~ s/>/&gt;/g; $text =~ s/"/&quot;/g; return $text; }
sub type {
    my ($name) = @_;
    return 'text/plain; charset=utf-8' if $name =~ /\.(txt|md|log|sh|pl|rs|go|py|js|ts|json|toml|ya?ml|tf|c|h|conf)$/i || -T $name;
    return 'image/png' if $name =~ /\.png$/i;
    return 'image/jpeg' if $name =~ /\.jpe?g$/i;
    return 'application/octet-stream';
}
