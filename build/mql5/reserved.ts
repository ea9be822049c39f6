/** Words with a meaning of their own in MQL5; no name of ours may be one of them. */
export const keywords: ReadonlySet<string> = new Set(
  `
  bool char class color datetime double enum float int long short string struct uchar uint ulong
  union ushort void const private protected public virtual override delete extern input static break
  case continue default do dynamic_cast else for if new operator pack return sizeof offsetof switch
  while this true false template typename namespace group final sinput export import interface
  vector matrix complex vectorf matrixf complexf NULL
  `
    .trim()
    .split(/\s+/),
);

/** Every built-in function of the terminal, whether or not the subset uses it; the reference's index lists them. */
export const builtins: ReadonlySet<string> = new Set(
  `
  AccountInfoDouble AccountInfoInteger AccountInfoString Alert ArrayBsearch ArrayCompare ArrayCopy
  ArrayFill ArrayFree ArrayGetAsSeries ArrayInitialize ArrayInsert ArrayIsDynamic ArrayIsSeries
  ArrayMaximum ArrayMinimum ArrayPrint ArrayRange ArrayRemove ArrayResize ArrayReverse
  ArraySetAsSeries ArraySize ArraySort ArraySwap Bars BarsCalculated CLBufferCreate CLBufferFree
  CLBufferRead CLBufferWrite CLContextCreate CLContextFree CLExecute CLGetDeviceInfo
  CLGetInfoInteger CLHandleType CLKernelCreate CLKernelFree CLProgramCreate CLProgramFree
  CLSetKernelArg CLSetKernelArgMem CalendarCountries CalendarCountryById CalendarEventByCountry
  CalendarEventByCurrency CalendarEventById CalendarValueById CalendarValueHistory
  CalendarValueHistoryByEvent CalendarValueLast CalendarValueLastByEvent CharArrayToString
  CharToString ChartApplyTemplate ChartClose ChartFirst ChartGetDouble ChartGetInteger
  ChartGetString ChartID ChartIndicatorAdd ChartIndicatorDelete ChartIndicatorGet ChartIndicatorName
  ChartIndicatorsTotal ChartNavigate ChartNext ChartOpen ChartPeriod ChartPriceOnDropped ChartRedraw
  ChartSaveTemplate ChartScreenShot ChartSetDouble ChartSetInteger ChartSetString
  ChartSetSymbolPeriod ChartSymbol ChartTimeOnDropped ChartTimePriceToXY ChartWindowFind
  ChartWindowOnDropped ChartXOnDropped ChartXYToTimePrice ChartYOnDropped CheckPointer ColorToARGB
  ColorToString Comment CopyBuffer CopyClose CopyHigh CopyLow CopyOpen CopyRates CopyRealVolume
  CopySpread CopyTickVolume CopyTicks CopyTime CryptDecode CryptEncode CustomBookAdd
  CustomRatesDelete CustomRatesReplace CustomRatesUpdate CustomSymbolCreate CustomSymbolDelete
  CustomSymbolSetDouble CustomSymbolSetInteger CustomSymbolSetMarginRate CustomSymbolSetSessionQuote
  CustomSymbolSetSessionTrade CustomSymbolSetString CustomTicksAdd CustomTicksDelete
  CustomTicksReplace DXBufferCreate DXBufferSet DXContextClearColors DXContextClearDepth
  DXContextCreate DXContextGetColors DXContextGetDepth DXContextSetSize DXDraw DXDrawIndexed
  DXHandleType DXInputCreate DXInputSet DXPrimiveTopologySet DXRelease DXShaderCreate
  DXShaderInputsSet DXShaderSet DXShaderSetLayout DXShaderTexturesSet DXTextureCreate DatabaseBind
  DatabaseBindArray DatabaseClose DatabaseColumnBlob DatabaseColumnDouble DatabaseColumnInteger
  DatabaseColumnLong DatabaseColumnName DatabaseColumnSize DatabaseColumnText DatabaseColumnType
  DatabaseColumnsCount DatabaseExecute DatabaseExport DatabaseFinalize DatabaseImport DatabaseOpen
  DatabasePrepare DatabasePrint DatabaseRead DatabaseReadBind DatabaseReset DatabaseTableExists
  DatabaseTransactionBegin DatabaseTransactionCommit DatabaseTransactionRollback DebugBreak Digits
  DoubleToString EnumToString EventChartCustom EventKillTimer EventSetMillisecondTimer EventSetTimer
  ExpertRemove FileClose FileCopy FileDelete FileFindClose FileFindFirst FileFindNext FileFlush
  FileGetInteger FileIsEnding FileIsExist FileIsLineEnding FileMove FileOpen FileReadArray
  FileReadBool FileReadDatetime FileReadDouble FileReadFloat FileReadInteger FileReadLong
  FileReadNumber FileReadString FileReadStruct FileSeek FileSize FileTell FileWrite FileWriteArray
  FileWriteDouble FileWriteFloat FileWriteInteger FileWriteLong FileWriteString FileWriteStruct
  FolderClean FolderCreate FolderDelete FrameAdd FrameFilter FrameFirst FrameInputs FrameNext
  GetLastError GetPointer GetTickCount GlobalVariableCheck GlobalVariableDel GlobalVariableGet
  GlobalVariableName GlobalVariableSet GlobalVariableSetOnCondition GlobalVariableTemp
  GlobalVariableTime GlobalVariablesDeleteAll GlobalVariablesFlush GlobalVariablesTotal
  HistoryDealGetDouble HistoryDealGetInteger HistoryDealGetString HistoryDealGetTicket
  HistoryDealSelect HistoryDealsTotal HistoryOrderGetDouble HistoryOrderGetInteger
  HistoryOrderGetString HistoryOrderGetTicket HistoryOrderSelect HistoryOrdersTotal HistorySelect
  HistorySelectByPosition IndicatorCreate IndicatorParameters IndicatorRelease IndicatorSetDouble
  IndicatorSetInteger IndicatorSetString IntegerToString IsStopped MQLInfoInteger MQLInfoString
  MT5CopyRatesFrom MT5CopyRatesFromPos MT5CopyRatesRange MT5CopyTicksFrom MT5CopyTicksRange
  MT5Initialize MT5Shutdown MT5TerminalInfo MT5Version MarketBookAdd MarketBookGet MarketBookRelease
  MathAbs MathArccos MathArcsin MathArctan MathCeil MathCos MathExp MathFloor MathIsValidNumber
  MathLog MathLog10 MathMax MathMin MathMod MathPow MathRand MathRound MathSin MathSqrt MathSrand
  MathTan MessageBox NormalizeDouble ObjectCreate ObjectDelete ObjectFind ObjectGetDouble
  ObjectGetInteger ObjectGetString ObjectGetTimeByValue ObjectGetValueByTime ObjectMove ObjectName
  ObjectSetDouble ObjectSetInteger ObjectSetString ObjectsDeleteAll ObjectsTotal OnBookEvent
  OnCalculate OnChartEvent OnDeinit OnInit OnStart OnTester OnTesterDeinit OnTesterInit OnTesterPass
  OnTick OnTimer OnTrade OnTradeTransaction OrderCalcMargin OrderCalcProfit OrderCheck
  OrderGetDouble OrderGetInteger OrderGetString OrderGetTicket OrderSelect OrderSend OrderSendAsync
  OrdersTotal ParameterGetRange ParameterSetRange Period PeriodSeconds PlaySound PlotIndexGetInteger
  PlotIndexSetDouble PlotIndexSetInteger PlotIndexSetString Point PositionGetDouble
  PositionGetInteger PositionGetString PositionGetSymbol PositionGetTicket PositionSelect
  PositionSelectByTicket PositionsTotal Print PrintFormat ResetLastError ResourceCreate ResourceFree
  ResourceReadImage ResourceSave SendFTP SendMail SendNotification SeriesInfoInteger SetIndexBuffer
  ShortArrayToString ShortToString SignalBaseGetDouble SignalBaseGetInteger SignalBaseGetString
  SignalBaseSelect SignalBaseTotal SignalInfoGetDouble SignalInfoGetInteger SignalInfoGetString
  SignalInfoSetDouble SignalInfoSetInteger SignalSubscribe SignalUnsubscribe Sleep SocketClose
  SocketConnect SocketCreate SocketIsConnected SocketIsReadable SocketIsWritable SocketRead
  SocketSend SocketTimeouts SocketTlsCertificate SocketTlsHandshake SocketTlsRead
  SocketTlsReadAvailable SocketTlsSend StringAdd StringBufferLen StringCompare StringConcatenate
  StringFill StringFind StringFormat StringGetCharacter StringInit StringLen StringReplace
  StringSetCharacter StringSplit StringSubstr StringToCharArray StringToColor StringToDouble
  StringToInteger StringToLower StringToShortArray StringToTime StringToUpper StringTrimLeft
  StringTrimRight StructToTime Symbol SymbolInfoDouble SymbolInfoInteger SymbolInfoMarginRate
  SymbolInfoSessionQuote SymbolInfoSessionTrade SymbolInfoString SymbolInfoTick SymbolIsSynchronized
  SymbolName SymbolSelect SymbolsTotal TerminalClose TerminalInfoDouble TerminalInfoInteger
  TerminalInfoString TesterStatistics TextGetSize TextOut TextSetFont TimeCurrent
  TimeDaylightSavings TimeGMT TimeGMTOffset TimeLocal TimeToString TimeToStruct TimeTradeServer
  UninitializeReason WebRequest ZeroMemory acos asin atan ceil cos exp fabs floor fmax fmin fmod iAD
  iADX iADXWilder iAMA iAO iATR iAlligator iBWMFI iBands iBarShift iBars iBearsPower iBullsPower
  iCCI iChaikin iClose iCustom iDEMA iDeMarker iEnvelopes iForce iFrAMA iFractals iGator iHigh
  iHighest iIchimoku iLow iLowest iMA iMACD iMFI iMomentum iOBV iOpen iOsMA iRSI iRVI iRealVolume
  iSAR iSpread iStdDev iStochastic iTEMA iTickVolume iTime iTriX iVIDyA iVolume iVolumes iWPR log
  log10 pow rand round sin sqrt srand tan
  `
    .trim()
    .split(/\s+/),
);

/** How the terminal's own constants begin. A name of ours in upper case may not begin so. */
export const constantPrefixes: readonly string[] = [
  "ACCOUNT_",
  "CALENDAR_",
  "CHART_",
  "CHARTEVENT_",
  "COPY_",
  "CRYPT_",
  "DEAL_",
  "ERR_",
  "FILE_",
  "INIT_",
  "MQL_",
  "OBJ_",
  "ORDER_",
  "PERIOD_",
  "POSITION_",
  "REASON_",
  "SERIES_",
  "SYMBOL_",
  "TERMINAL_",
  "TICK_",
  "TRADE_",
];
