# Runs the compiled build; compiles it first when something it is made of has changed.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false

$root = $PSScriptRoot
$output = Join-Path $root 'artifacts/bin/Build/release'
$program = Join-Path $output 'Build.dll'
$stamp = Join-Path $output 'build.stamp'

$env:DOTNET_NOLOGO = '1'
$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'

function Stop-Build([string] $message) {
    [Console]::Error.WriteLine("Error: $message")
    exit 1
}

# Every input with its size and time of change, one a line.
function Get-Inputs {
    $files = @(Get-ChildItem -LiteralPath (Join-Path $root 'build'), (Join-Path $root 'stack') -Recurse -File) +
        @(Get-ChildItem -LiteralPath $root -File | Where-Object { $_.Name -match '^(Directory\..*\.(props|targets)|global\.json|nuget\.config)$' })
    $lines = foreach ($file in $files) {
        $name = $file.FullName.Substring($root.Length + 1).Replace('\', '/')
        if ($name -notmatch '^stack/(stack\.json$|assets/|examples/)|\.md$|(^|/)\.') {
            "$name $($file.Length) $($file.LastWriteTimeUtc.Ticks)"
        }
    }
    return ($lines | Sort-Object -CaseSensitive) -join "`n"
}

# Why the packages of feed/ were not found, where that is what the build's log tells.
function Get-PackageAdvice([string[]] $log) {
    if (-not ($log -match 'NU110[01].*MicroMonitored\.')) { return }
    if (-not (Test-Path -LiteralPath (Join-Path $root 'feed'))) {
        return 'There is no feed/ here, and no feed that NuGet asks carries the packages: bring feed/ back, or name a feed that does in nuget.config.'
    }
    $file = & $dotnet nuget config paths 2>$null |
        Where-Object { (Test-Path -LiteralPath $_) -and (Get-Content -LiteralPath $_ -Raw) -match '<packageSourceMapping' } | Select-Object -First 1
    if ($file) {
        "The packageSourceMapping of $file makes NuGet pass over feed/."
        'Put into nuget.config beside build.ps1, below <configuration>:'
        '  <packageSources><add key="micromonitored" value="feed" /></packageSources>'
        '  <packageSourceMapping><packageSource key="micromonitored"><package pattern="MicroMonitored.*" /></packageSource></packageSourceMapping>'
    }
}

function Test-Current {
    return (Test-Path -LiteralPath $program) -and (Test-Path -LiteralPath $stamp) -and
        ([IO.File]::ReadAllText($stamp) -ceq (Get-Inputs))
}

$required = (Get-Content -LiteralPath (Join-Path $root 'global.json') -Raw | ConvertFrom-Json).sdk.version
$band = "$($required.Split('.')[0]).x"
$dotnet = Get-Command dotnet -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1 -ExpandProperty Source
if (-not $dotnet -and $env:DOTNET_ROOT) {
    $dotnet = Get-Command (Join-Path $env:DOTNET_ROOT 'dotnet') -CommandType Application -ErrorAction SilentlyContinue |
        Select-Object -First 1 -ExpandProperty Source
}
if (-not $dotnet) {
    Stop-Build "'dotnet' is not on PATH: install the .NET SDK $required or a later $band from https://dot.net/download"
}

if (-not (Test-Current)) {
    Push-Location -LiteralPath $root
    try {
        $ErrorActionPreference = 'Continue'
        & $dotnet --version *> $null
        if ($LASTEXITCODE -ne 0) {
            $found = (& $dotnet --list-sdks | ForEach-Object { $_.Split(' ')[0] }) -join ' '
            Stop-Build "the .NET SDK $required or a later $band is needed, found $(if ($found) { $found } else { 'none' }): install it from https://dot.net/download"
        }

        try {
            $null = New-Item -ItemType Directory -Path $output -Force -ErrorAction Stop
            [IO.File]::WriteAllText("$stamp.next", '')
        }
        catch {
            Stop-Build "cannot write to ${output}: the build compiles itself into artifacts/, so the checkout must be writable"
        }

        # Only one build at a time; the lock goes with its process.
        $lock = $null
        while (-not $lock) {
            try { $lock = [IO.File]::Open((Join-Path $output 'build.lock'), 'OpenOrCreate', 'ReadWrite', 'None') }
            catch [IO.IOException] { Start-Sleep -Milliseconds 200 }
            catch { Stop-Build "cannot write to ${output}: $($_.Exception.InnerException.Message)" }
        }

        try {
            if (-not (Test-Current)) {
                [Console]::Error.WriteLine('Building the build...')
                # Taken before compiling: what changes meanwhile makes the next run compile again.
                $inputs = Get-Inputs
                $log = & $dotnet build build/Build.csproj -c Release -v:q -nologo -tl:off -clp:NoSummary `
                    -nodeReuse:false -p:RunAnalyzers=false 2>&1
                if ($LASTEXITCODE -ne 0) {
                    @($log) + @(Get-PackageAdvice $log) | ForEach-Object { [Console]::Error.WriteLine($_) }
                    Stop-Build 'the build does not compile'
                }
                [IO.File]::WriteAllText($stamp, $inputs)
                Remove-Item -LiteralPath "$stamp.next" -ErrorAction SilentlyContinue
            }
        }
        finally {
            $lock.Dispose()
        }
    }
    finally {
        Pop-Location
    }
}

# What a session takes for an array, a,b, is one word on any other command line.
$words = @(foreach ($word in $args) { if ($word -is [array]) { $word -join ',' } else { [string] $word } })

# 'pwsh build.ps1 --settings=C:\x' arrives split at its first colon; the process's own command line still has it whole.
$line = [Environment]::GetCommandLineArgs()
$at = [Array]::FindIndex($line, [Predicate[string]] { param($word) $word -match '(^|[\\/])build\.ps1$' })
if ($at -ge 0) {
    $whole = @($line | Select-Object -Skip ($at + 1))
    if ((($whole -join '') -replace '[:$]') -ceq (($words -join '') -replace '[:$]')) { $words = $whole }
}

# Windows PowerShell drops empty arguments and inner quotes, so the command line is put together here.
$quoted = foreach ($word in @($program) + $words) {
    '"' + ([regex]::Replace($word, '(\\*)("|$)', { param($m) $m.Groups[1].Value * 2 + $(if ($m.Groups[2].Value) { '\"' }) })) + '"'
}
$start = New-Object Diagnostics.ProcessStartInfo $dotnet
$start.Arguments = $quoted -join ' '
$start.UseShellExecute = $false
$start.WorkingDirectory = (Get-Location -PSProvider FileSystem).ProviderPath
# Ctrl-C is the build's to answer, which '&' would not wait for; so what it prints is handed on only where a command follows.
$piped = $MyInvocation.PipelineLength -gt 1
if ($piped) {
    $start.RedirectStandardOutput = $true
    $start.StandardOutputEncoding = [Text.Encoding]::UTF8
}
$process = [Diagnostics.Process]::Start($start)
if ($piped) {
    while ($null -ne ($printed = $process.StandardOutput.ReadLine())) { $printed }
}
$process.WaitForExit()
exit $process.ExitCode
